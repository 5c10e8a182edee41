/** How temporary names of files on their way into an archive begin: `.carbonation-OWNER-KEY.part`. */
export const partPrefix = '.carbonation-';
/** How they end. */
export const partSuffix = '.part';
/** How directories begin in which `doctor` tries out what an archive takes. */
export const trialPrefix = `${partPrefix}doctor-`;

/** The whole of a temporary name, with the owner and the key of its source. */
export const partPattern = /^\.carbonation-(.+)-([0-9a-f]{16})\.part$/s;

/** Whether a name is a temporary one, of whatever run. Such a file may be half, and is removed where it is found in an archive. */
export function isTemporary(name: string): boolean {
  return name.startsWith(partPrefix) && partPattern.test(name);
}
