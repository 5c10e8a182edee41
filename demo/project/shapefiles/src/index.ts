/** A plugin for ESRI shapefiles: what their headers say, in columns. */
import { open, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { column, defineFileModel, definePlugin } from 'carbonation';

const File = defineFileModel({
  /** point, line, polygon … */
  shape_type: column.text({ length: 20, index: true }),
  records: column.integer(),
  /** Date of the last change of the table. */
  updated: column.datetime({ index: true }),
  west: column.float(),
  south: column.float(),
  east: column.float(),
  north: column.float(),
});

/** Shape types by their number (ESRI Shapefile Technical Description, July 1998, page 4); Z and M variants count as their base. */
const shapeTypes: Readonly<Record<number, string>> = {
  0: 'null',
  1: 'point',
  3: 'line',
  5: 'polygon',
  8: 'multipoint',
};

function shapeType(code: number): string {
  return code === 31 ? 'multipatch' : (shapeTypes[code % 10] ?? `type-${code}`);
}

async function head(path: string, bytes: number): Promise<DataView> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, 0);
    if (bytesRead < bytes) throw new Error(`${path} is shorter than its header`);
    return new DataView(buffer.buffer, buffer.byteOffset, bytes);
  } finally {
    await file.close();
  }
}

function fileOf(files: readonly string[], extension: string): string {
  const found = files.find((file) => extname(file) === extension);
  if (found === undefined) throw new Error(`no ${extension} file`);
  return found;
}

export default definePlugin({
  fileModel: File,
  extractors: {
    /** The 100-byte header of the .shp file and the first 8 bytes of the dBASE III table. */
    shapefile: async (files) => {
      const shape = await head(fileOf(files, '.shp'), 100);
      const table = await head(fileOf(files, '.dbf'), 8);
      const updated = Date.UTC(1900 + table.getUint8(1), table.getUint8(2) - 1, table.getUint8(3));
      const bound = (offset: number) => shape.getFloat64(offset, true);
      return {
        shape_type: shapeType(shape.getInt32(32, true)),
        records: table.getUint32(4, true),
        updated: new Date(updated),
        west: bound(36),
        south: bound(44),
        east: bound(52),
        north: bound(60),
      };
    },
  },
  integrityFunctions: {
    /** A .shp and a .shx file say in their header how long they are, in 16-bit words. */
    whole_shapefile: async ({ filePath }) => {
      if (!['.shp', '.shx'].includes(extname(filePath))) return true;
      const expected = (await head(filePath, 28)).getInt32(24) * 2;
      const { size } = await stat(filePath);
      return size === expected || `is ${size} bytes long, its header says ${expected}`;
    },
  },
  migrationsPath: join(import.meta.dirname, '..', 'migrations'),
});
