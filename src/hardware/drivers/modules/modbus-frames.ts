// Messages of Modbus over a serial line, RTU: the number of the module, the function, what it is about, and a CRC. After the
// MODBUS Application Protocol Specification V1.1b3 (application) and MODBUS over Serial Line V1.02 (serial line).
// Carried out: read coils (01), read discrete inputs (02), write single coil (05), and exceptions.

import { err, ok, type Result } from '../../../base/result.ts';

const READ_COILS = 0x01;
const READ_INPUTS = 0x02;
const WRITE_COIL = 0x05;
const EXCEPTION = 0x80;
/** Write single coil: the values of on and off (application §6.5). */
const ON = 0xff00;
const EXCEPTION_BYTES = 5;
const WRITE_ANSWER_BYTES = 8;

/** application §7. */
const EXCEPTIONS: Readonly<Record<number, string>> = {
  1: 'it has no such function',
  2: 'it has no such relay or input',
  3: 'it takes no such value',
  4: 'it has failed',
  5: 'it needs more time',
  6: 'it is busy',
};

/** What a module is asked. Numbers of coils and inputs begin with 0 (application §4.4). */
export type ModbusRequest =
  | { readonly kind: 'read-coils' | 'read-inputs'; readonly first: number; readonly count: number }
  | { readonly kind: 'write-coil'; readonly coil: number; readonly on: boolean };

const FUNCTIONS: Readonly<Record<ModbusRequest['kind'], number>> = {
  'read-coils': READ_COILS,
  'read-inputs': READ_INPUTS,
  'write-coil': WRITE_COIL,
};

/** CRC-16 of the serial line (serial line §6.2.2): polynomial A001, begun with FFFF; its low byte is sent first. */
export function crc16(bytes: Uint8Array): number {
  let crc = 0xffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc & 1) === 0 ? crc >>> 1 : (crc >>> 1) ^ 0xa001;
  }
  return crc;
}

/** @param unit 1 to 247 (serial line §2.2) */
export function writeRequest(unit: number, request: ModbusRequest): Uint8Array {
  const [address, value] =
    request.kind === 'write-coil' ? [request.coil, request.on ? ON : 0] : [request.first, request.count];
  const body = [unit, FUNCTIONS[request.kind], address >> 8, address & 0xff, value >> 8, value & 0xff];
  return withCrc(body);
}

function withCrc(body: readonly number[]): Uint8Array {
  const crc = crc16(Uint8Array.from(body));
  return Uint8Array.from([...body, crc & 0xff, crc >> 8]);
}

/** How many bytes the answer to a request has when it is no exception. */
export function answerBytes(request: ModbusRequest): number {
  return request.kind === 'write-coil' ? WRITE_ANSWER_BYTES : EXCEPTION_BYTES + Math.ceil(request.count / 8);
}

/** Whether an answer is complete, be it right or wrong. */
export function isWhole(received: Uint8Array, request: ModbusRequest): boolean {
  const isException = ((received[1] ?? 0) & EXCEPTION) !== 0;
  return received.length >= (isException ? EXCEPTION_BYTES : answerBytes(request));
}

/** Why there is no answer: none that makes sense, or one that says no. */
export interface ModbusFault {
  readonly kind: 'garbled' | 'exception';
  readonly why: string;
}

const garbled = (why: string): Result<never, ModbusFault> => err({ kind: 'garbled', why });

/** Reads an answer. @returns the bits that were read, none for a write. Never throws */
export function readAnswer(
  unit: number,
  request: ModbusRequest,
  received: Uint8Array,
): Result<readonly boolean[], ModbusFault> {
  const body = received.subarray(0, -2);
  const [low = -1, high = -1] = received.subarray(-2);
  if (received.length < EXCEPTION_BYTES || crc16(body) !== (low | (high << 8))) return garbled('a wrong CRC');
  const [from, called = 0, third = 0] = body;
  if (from !== unit) return garbled('the answer of another module');
  if (called === (FUNCTIONS[request.kind] | EXCEPTION) && received.length === EXCEPTION_BYTES) {
    return err({ kind: 'exception', why: EXCEPTIONS[third] ?? `it answers with exception ${third}` });
  }
  if (called !== FUNCTIONS[request.kind] || received.length !== answerBytes(request)) {
    return garbled('the answer to something else');
  }
  return request.kind === 'write-coil' ? readEcho(unit, request, received) : readBits(request.count, body);
}

/** The answer to a write is the request, word for word (application §6.5). */
function readEcho(unit: number, request: ModbusRequest, received: Uint8Array): Result<readonly boolean[], ModbusFault> {
  const isSame = Buffer.compare(writeRequest(unit, request), received) === 0;
  return isSame ? ok([]) : garbled('the answer to something else');
}

/** The lowest bit of the first byte is the first coil or input (application §6.1). */
function readBits(count: number, body: Uint8Array): Result<readonly boolean[], ModbusFault> {
  if (body[2] !== Math.ceil(count / 8)) return garbled('the answer to something else');
  return ok(Array.from({ length: count }, (_, at) => (((body[3 + (at >> 3)] ?? 0) >> (at & 7)) & 1) === 1));
}
