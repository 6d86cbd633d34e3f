import { crc32, deflateRawSync } from 'node:zlib';

/** A zip with one deflated entry, as those of Binance's archive: no comment, no extra field, no data descriptor. */
export function writeZip(entryName: string, content: Buffer, writtenAt: number): Buffer {
  const name = Buffer.from(entryName);
  const data = deflateRawSync(content, { level: 1 });
  const common = Buffer.alloc(26); // the fields that the local and the central header share
  common.writeUInt16LE(20, 0); // version needed
  common.writeUInt16LE(8, 4); // deflated
  const { date, time } = toDosTime(writtenAt);
  common.writeUInt16LE(time, 6);
  common.writeUInt16LE(date, 8);
  common.writeUInt32LE(crc32(content), 10);
  common.writeUInt32LE(data.length, 14);
  common.writeUInt32LE(content.length, 18);
  common.writeUInt16LE(name.length, 22);
  const local = Buffer.concat([signature(0x04034b50), common, name]);
  const versionMadeBy = Buffer.from([20, 0]);
  const attributes = Buffer.alloc(14); // no comment, disk 0, no attributes, at offset 0
  const central = Buffer.concat([signature(0x02014b50), versionMadeBy, common, attributes, name]);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(1, 4);
  end.writeUInt16LE(1, 6);
  end.writeUInt32LE(central.length, 8);
  end.writeUInt32LE(local.length + data.length, 12);
  return Buffer.concat([local, data, central, signature(0x06054b50), end]);
}

function signature(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function toDosTime(timeMs: number): { date: number; time: number } {
  const at = new Date(timeMs);
  return {
    date: ((at.getUTCFullYear() - 1980) << 9) | ((at.getUTCMonth() + 1) << 5) | at.getUTCDate(),
    time: (at.getUTCHours() << 11) | (at.getUTCMinutes() << 5) | (at.getUTCSeconds() >> 1),
  };
}
