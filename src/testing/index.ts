/** What the tests of a plugin import from `carbonation/testing`. */
export {
  checkPlugin,
  type CheckPluginOptions,
  type ExtractorSample,
  type PluginSamples,
} from '../plugin/conformance.ts';
