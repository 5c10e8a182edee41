import { dirname, join } from 'node:path';

/** Checksum files as providers deliver them: one beside each file, or one manifest for a directory. */

/** Digits of a checksum, by algorithm; the algorithm is also the sidecar's extension. */
export const checksumDigits = { md5: 32, sha1: 40, sha256: 64, sha512: 128 } as const;

/** An algorithm that checksum files are made with. */
export type ChecksumAlgorithm = keyof typeof checksumDigits;

/** The strongest first. */
const checksumAlgorithms: readonly ChecksumAlgorithm[] = ['sha512', 'sha256', 'sha1', 'md5'];

/** Names of manifests, as the coreutils and BagIt write them, with their algorithm. */
export const checksumManifests: readonly (readonly [string, ChecksumAlgorithm])[] = [
  ['SHA256SUMS', 'sha256'],
  ['manifest-sha256.txt', 'sha256'],
  ['MD5SUMS', 'md5'],
];

/**
 * The file that a sidecar vouches for, also as that of another sidecar (`a.dat` of `a.dat.sha256` and `a.dat.sha256.md5`), or null: the
 * name is not a sidecar's. One that is only the ending, such as `.md5`, is nobody's.
 */
export function sidecarTarget(name: string): string | null {
  const algorithm = checksumAlgorithms.find((one) => name.endsWith(`.${one}`));
  const target = algorithm === undefined ? '' : name.slice(0, -algorithm.length - 1);
  return target === '' || target.endsWith('/') ? null : (sidecarTarget(target) ?? target);
}

/** Whether a file's name is that of a file of checksums. */
export function isChecksumFile(fileName: string): boolean {
  return isManifest(fileName) || sidecarTarget(fileName) !== null;
}

/** Whether a file's name is that of a manifest. */
export function isManifest(fileName: string): boolean {
  return checksumManifests.some(([name]) => name === fileName);
}

/** Where a file's checksum may be, beside it, and by which algorithm it is made. */
export function checksumSources(path: string): readonly (readonly [string, ChecksumAlgorithm])[] {
  return [
    ...checksumAlgorithms.map((algorithm) => [`${path}.${algorithm}`, algorithm] as const),
    ...checksumManifests.map(([name, algorithm]) => [join(dirname(path), name), algorithm] as const),
  ];
}
