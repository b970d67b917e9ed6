// Sound files: RIFF WAVE of the common encodings. Reads a header out of bytes that may be anything, loads a file as mono of one rate, writes
// the header of a recording. Sources: Microsoft "Multimedia Programming Interface and Data Specifications 1.0" (RIFF,
// WAVE, PCMWAVEFORMAT); WAVEFORMATEXTENSIBLE and the format tags of mmreg.h.
//
// Leaves out: compressed encodings but G.711, 64-bit samples, RF64, metadata.

#ifndef DOORPHONE_FILEIO_WAV_H
#define DOORPHONE_FILEIO_WAV_H

#include <stddef.h>
#include <stdint.h>

#define WAV_HEADER_BYTES 44
/** 35 minutes at 8 kHz, 3 minutes of stereo at 48 kHz: the whole sound is held in memory. */
#define WAV_MAX_FILE_BYTES (32u * 1024u * 1024u)

/** Why a file is not taken. */
enum wav_fault {
  WAV_OK = 0,
  WAV_NOT_FOUND,  /**< No such file. */
  WAV_UNREADABLE, /**< errno says why. */
  WAV_TOO_LARGE,  /**< More than WAV_MAX_FILE_BYTES. */
  WAV_NOT_WAVE,   /**< Does not begin with RIFF … WAVE. */
  WAV_TRUNCATED,  /**< A chunk reaches past the end. */
  WAV_NO_FORMAT,  /**< No "fmt " chunk before the sound. */
  WAV_UNKNOWN_ENCODING, /**< None of enum wav_encoding, or of another width. */
  WAV_CHANNELS,   /**< More than WAV_MAX_CHANNELS. */
  WAV_RATE,       /**< None of the usual rates. */
  WAV_BAD_FORMAT, /**< The format chunk contradicts itself. */
  WAV_NO_SOUND,   /**< No data chunk, or an empty one. */
  WAV_NO_MEMORY,
};

#define WAV_MAX_CHANNELS 8

enum wav_encoding {
  WAV_PCM,   /**< 8, 16, 24 or 32 bits */
  WAV_FLOAT, /**< 32 bits */
  WAV_ALAW,
  WAV_ULAW,
};

/** Where the sound lies in a file's bytes. */
struct wav_layout {
  uint32_t rate_hz;
  uint16_t channels; /**< 1 to WAV_MAX_CHANNELS */
  enum wav_encoding encoding;
  uint16_t sample_bytes;
  size_t offset;     /**< First byte of the first sample. */
  size_t frames;     /**< Samples of one channel, at least 1. */
};

/** Finds the sound. Pure; any thread. @param layout written only when WAV_OK is returned */
enum wav_fault wav_parse(const uint8_t *bytes, size_t length, struct wav_layout *layout);

/** All samples of a layout that wav_parse has found in these bytes, with all channels. Pure; any thread. */
void wav_read_samples(const uint8_t *bytes, const struct wav_layout *layout, int16_t *samples);

/**
 * Loads a file as mono of this rate. The caller frees `samples`. Not on the media thread.
 * @param rate_hz 8000 or 16000
 * @return WAV_OK, or what is wrong (WAV_UNREADABLE with errno); then nothing is to be freed
 */
enum wav_fault wav_load(const char *path, uint32_t rate_hz, int16_t **samples, size_t *count);

/** The header of a mono file that holds so many bytes of sound. */
void wav_write_header(uint8_t header[WAV_HEADER_BYTES], uint32_t rate_hz, uint32_t data_bytes);

/** What is wrong, to follow the file's name: "is not a WAV file". */
const char *wav_fault_text(enum wav_fault fault);

#endif
