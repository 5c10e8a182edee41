/**
 * For `node --import`: lets a plugin's tests import `carbonation` and `carbonation/testing` without installing them,
 * as the program itself does when it loads the plugin.
 */
import { installResolveHook } from '../plugin/resolve-hook.ts';

installResolveHook();
