// Headers: bytes to layout and back. See wav.h.

#include "fileio/wav.h"

#include <stdbool.h>
#include <string.h>

#include "fileio/little-endian.h"

// WAVE_FORMAT_PCM, _IEEE_FLOAT, _ALAW, _MULAW, _EXTENSIBLE
#define FORMAT_PCM 0x0001u
#define FORMAT_FLOAT 0x0003u
#define FORMAT_ALAW 0x0006u
#define FORMAT_ULAW 0x0007u
#define FORMAT_EXTENSIBLE 0xfffeu
#define FORMAT_BYTES 16u            // PCMWAVEFORMAT
#define FORMAT_EXTENSIBLE_BYTES 40u // WAVEFORMATEXTENSIBLE
#define SUBFORMAT_OFFSET 24u
/** What writes to a pipe cannot know the length, and says 2 or 4 GiB or a little less: espeak-ng, sox, arecord, ffmpeg. */
#define UNKNOWN_BYTES 0x7f000000u

/** The end of every KSDATAFORMAT_SUBTYPE_ that has a format's tag in its first two bytes. */
static const uint8_t subformat_end[14] = {0x00, 0x00, 0x00, 0x00, 0x10, 0x00, 0x80,
                                          0x00, 0x00, 0xaa, 0x00, 0x38, 0x9b, 0x71};

static bool is_known_rate(uint32_t rate_hz) {
  static const uint32_t rates_hz[] = {8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 96000};
  for (size_t at = 0; at < sizeof rates_hz / sizeof rates_hz[0]; at++) {
    if (rates_hz[at] == rate_hz) return true;
  }
  return false;
}

/** The tag of the encoding, out of the extension where there is one. @return 0: none that is known */
static uint32_t read_tag(const uint8_t *chunk, size_t length) {
  uint32_t tag = read_u16(chunk);
  if (tag != FORMAT_EXTENSIBLE) return tag;
  if (length < FORMAT_EXTENSIBLE_BYTES) return 0;
  const uint8_t *subformat = chunk + SUBFORMAT_OFFSET;
  return memcmp(subformat + 2, subformat_end, sizeof subformat_end) == 0 ? read_u16(subformat) : 0;
}

/** @return whether a tag with samples of this width is one of ours */
static bool find_encoding(uint32_t tag, uint32_t bits, enum wav_encoding *encoding) {
  switch (tag) {
  case FORMAT_PCM:
    *encoding = WAV_PCM;
    return bits == 8 || bits == 16 || bits == 24 || bits == 32;
  case FORMAT_FLOAT:
    *encoding = WAV_FLOAT;
    return bits == 32;
  case FORMAT_ALAW:
  case FORMAT_ULAW:
    *encoding = tag == FORMAT_ALAW ? WAV_ALAW : WAV_ULAW;
    return bits == 8;
  default:
    return false;
  }
}

/** Checks a "fmt " chunk against itself and against what we take. */
static enum wav_fault parse_format(const uint8_t *chunk, size_t length, struct wav_layout *layout) {
  if (length < FORMAT_BYTES) return WAV_BAD_FORMAT;
  if (read_u16(chunk) == FORMAT_EXTENSIBLE && length < FORMAT_EXTENSIBLE_BYTES) return WAV_BAD_FORMAT;
  uint32_t bits = read_u16(chunk + 14);
  if (!find_encoding(read_tag(chunk, length), bits, &layout->encoding)) return WAV_UNKNOWN_ENCODING;
  uint32_t channels = read_u16(chunk + 2);
  if (channels == 0 || channels > WAV_MAX_CHANNELS) return WAV_CHANNELS;
  uint32_t rate_hz = read_u32(chunk + 4);
  if (!is_known_rate(rate_hz)) return WAV_RATE;
  if (read_u16(chunk + 12) != channels * bits / 8) return WAV_BAD_FORMAT;
  layout->channels = (uint16_t)channels;
  layout->sample_bytes = (uint16_t)(bits / 8);
  layout->rate_hz = rate_hz;
  return WAV_OK;
}

enum wav_fault wav_parse(const uint8_t *bytes, size_t length, struct wav_layout *layout) {
  if (length < 12 || memcmp(bytes, "RIFF", 4) != 0 || memcmp(bytes + 8, "WAVE", 4) != 0) return WAV_NOT_WAVE;
  struct wav_layout found = {0};
  size_t at = 12;
  while (length - at >= 8) {
    const uint8_t *chunk = bytes + at + 8;
    size_t size = read_u32(bytes + at + 4);
    bool is_sound = memcmp(bytes + at, "data", 4) == 0;
    if (is_sound && size >= UNKNOWN_BYTES && size > length - at - 8) size = length - at - 8;
    if (size > length - at - 8) return WAV_TRUNCATED;
    if (memcmp(bytes + at, "fmt ", 4) == 0) {
      enum wav_fault fault = parse_format(chunk, size, &found);
      if (fault != WAV_OK) return fault;
    } else if (is_sound) {
      if (found.channels == 0) return WAV_NO_FORMAT;
      found.offset = at + 8;
      found.frames = size / ((size_t)found.channels * found.sample_bytes);
      if (found.frames == 0) return WAV_NO_SOUND;
      *layout = found;
      return WAV_OK;
    }
    // Chunks are padded to an even length; the last may lack its padding.
    size_t padded = size + (size & 1u);
    if (padded > length - at - 8) break;
    at += 8 + padded;
  }
  return found.channels == 0 ? WAV_NO_FORMAT : WAV_NO_SOUND;
}

static void write_u16(uint8_t *at, uint32_t value) {
  at[0] = (uint8_t)(value & 0xff);
  at[1] = (uint8_t)(value >> 8 & 0xff);
}

static void write_u32(uint8_t *at, uint32_t value) {
  write_u16(at, value & 0xffff);
  write_u16(at + 2, value >> 16);
}

void wav_write_header(uint8_t header[WAV_HEADER_BYTES], uint32_t rate_hz, uint32_t data_bytes) {
  memcpy(header, "RIFF", 4);
  write_u32(header + 4, data_bytes + WAV_HEADER_BYTES - 8);
  memcpy(header + 8, "WAVEfmt ", 8);
  write_u32(header + 16, FORMAT_BYTES);
  write_u16(header + 20, FORMAT_PCM);
  write_u16(header + 22, 1);
  write_u32(header + 24, rate_hz);
  write_u32(header + 28, 2 * rate_hz);
  write_u16(header + 32, 2);
  write_u16(header + 34, 16);
  memcpy(header + 36, "data", 4);
  write_u32(header + 40, data_bytes);
}

const char *wav_fault_text(enum wav_fault fault) {
  switch (fault) {
  case WAV_OK: return "is a WAV file";
  case WAV_NOT_FOUND: return "does not exist";
  case WAV_UNREADABLE: return "cannot be read";
  case WAV_TOO_LARGE: return "is larger than 32 MiB";
  case WAV_NOT_WAVE: return "is not a WAV file";
  case WAV_TRUNCATED: return "is cut short: a chunk reaches past its end";
  case WAV_NO_FORMAT: return "has no format chunk before its sound";
  case WAV_UNKNOWN_ENCODING: return "is neither PCM of 8 to 32 bits, nor float of 32 bits, nor G.711";
  case WAV_CHANNELS: return "has more than 8 channels, or none";
  case WAV_RATE: return "has a sample rate other than 8, 11.025, 12, 16, 22.05, 24, 32, 44.1, 48 and 96 kHz";
  case WAV_BAD_FORMAT: return "has a format chunk that contradicts itself";
  case WAV_NO_SOUND: return "holds no sound";
  case WAV_NO_MEMORY: return "does not fit into memory";
  }
  return "is faulty";
}
