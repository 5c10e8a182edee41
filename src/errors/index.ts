/** One error class, one catalogue of codes with remedies. */
export { catalogue, type ErrorCode } from './catalogue.ts';
export {
  CarbonationError,
  isAbsence,
  isGone,
  limitRemedies,
  messageOf,
  systemCode,
  toCarbonationError,
  type PlainError,
} from './carbonation-error.ts';
