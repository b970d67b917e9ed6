// Sound files: headers of every kind, hostile ones, loading at other rates, recordings that survive their writer.

#define _GNU_SOURCE

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "engine-support.h"
#include "fileio/fileio.h"
#include "fileio/recorder.h"
#include "fileio/wav.h"

static char path[64];

static void put_u32(uint8_t *at, uint32_t value) {
  for (int octet = 0; octet < 4; octet++) at[octet] = (uint8_t)(value >> (8 * octet));
}

static void put_u16(uint8_t *at, uint16_t value) {
  at[0] = (uint8_t)value;
  at[1] = (uint8_t)(value >> 8);
}

/** A canonical file: 44 bytes of header, then `bytes` of sound. */
static size_t make_wav(uint8_t *file, uint16_t channels, uint32_t rate_hz, uint32_t bytes) {
  memcpy(file, "RIFF....WAVEfmt ", 16);
  put_u32(file + 4, 36 + bytes);
  put_u32(file + 16, 16);
  put_u16(file + 20, 1);
  put_u16(file + 22, channels);
  put_u32(file + 24, rate_hz);
  put_u32(file + 28, rate_hz * channels * 2);
  put_u16(file + 32, (uint16_t)(channels * 2));
  put_u16(file + 34, 16);
  memcpy(file + 36, "data", 4);
  put_u32(file + 40, bytes);
  return 44 + (size_t)bytes;
}

static void write_file(const uint8_t *bytes, size_t length) {
  FILE *file = fopen(path, "wb");
  CHECK(file && fwrite(bytes, 1, length, file) == length);
  if (file) fclose(file);
}

static void a_plain_header_is_read(void) {
  uint8_t file[256] = {0};
  struct wav_layout layout;
  CHECK_EQUAL(wav_parse(file, make_wav(file, 2, 48000, 80), &layout), WAV_OK);
  CHECK_EQUAL(layout.rate_hz, 48000);
  CHECK_EQUAL(layout.channels, 2);
  CHECK_EQUAL(layout.offset, 44);
  CHECK_EQUAL(layout.frames, 20);
}

static void other_chunks_are_skipped(void) {
  uint8_t file[256] = {0};
  struct wav_layout layout;
  (void)make_wav(file, 1, 8000, 10);
  // A chunk of odd length between format and sound is padded to even.
  memcpy(file + 36, "LIST", 4);
  put_u32(file + 40, 3);
  memcpy(file + 48, "data", 4);
  put_u32(file + 52, 10);
  CHECK_EQUAL(wav_parse(file, 66, &layout), WAV_OK);
  CHECK_EQUAL(layout.offset, 56);
  CHECK_EQUAL(layout.frames, 5);
}

static void sound_of_a_length_that_its_writer_did_not_know_ends_with_the_file(void) {
  static const uint32_t said[] = {0xffffffffu, 0x7fffffffu, 0x7ffff000u};
  uint8_t file[256] = {0};
  struct wav_layout layout;
  size_t length = make_wav(file, 1, 22050, 81);
  for (size_t at = 0; at < sizeof said / sizeof said[0]; at++) {
    put_u32(file + 40, said[at]);
    CHECK_EQUAL(wav_parse(file, length, &layout), WAV_OK);
    CHECK_EQUAL(layout.frames, 40);
    CHECK_EQUAL(wav_parse(file, 44, &layout), WAV_NO_SOUND);
  }
}

static void an_extensible_header_is_read(void) {
  static const uint8_t pcm[16] = {1, 0, 0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71};
  uint8_t file[256] = {0};
  struct wav_layout layout;
  (void)make_wav(file, 1, 16000, 0);
  put_u32(file + 16, 40);
  put_u16(file + 20, 0xfffe);
  put_u16(file + 36, 22);
  put_u16(file + 38, 16);
  put_u32(file + 40, 4);
  memcpy(file + 44, pcm, 16);
  memcpy(file + 60, "data", 4);
  put_u32(file + 64, 20);
  CHECK_EQUAL(wav_parse(file, 88, &layout), WAV_OK);
  CHECK_EQUAL(layout.rate_hz, 16000);
  CHECK_EQUAL(layout.frames, 10);
  file[44] = 3; // IEEE float, which has no 16 bits
  CHECK_EQUAL(wav_parse(file, 88, &layout), WAV_UNKNOWN_ENCODING);
  put_u16(file + 32, 4);
  put_u16(file + 34, 32);
  CHECK_EQUAL(wav_parse(file, 88, &layout), WAV_OK);
  CHECK_EQUAL(layout.encoding, WAV_FLOAT);
  CHECK_EQUAL(layout.frames, 5);
  file[50] = 0x11; // of another maker's
  CHECK_EQUAL(wav_parse(file, 88, &layout), WAV_UNKNOWN_ENCODING);
}

static void faults_have_names(void) {
  uint8_t file[256] = {0};
  struct wav_layout layout;
  CHECK_EQUAL(wav_parse(file, 0, &layout), WAV_NOT_WAVE);
  CHECK_EQUAL(wav_parse((const uint8_t *)"OggS........", 12, &layout), WAV_NOT_WAVE);
  size_t length = make_wav(file, 1, 8000, 100);
  CHECK_EQUAL(wav_parse(file, length - 1, &layout), WAV_TRUNCATED);
  CHECK_EQUAL(wav_parse(file, 36, &layout), WAV_NO_SOUND);
  CHECK_EQUAL(wav_parse(file, 12, &layout), WAV_NO_FORMAT);
  put_u32(file + 40, 0x7effffff);
  CHECK_EQUAL(wav_parse(file, length, &layout), WAV_TRUNCATED);
  put_u32(file + 40, 0);
  CHECK_EQUAL(wav_parse(file, length, &layout), WAV_NO_SOUND);
  (void)make_wav(file, 9, 8000, 100);
  CHECK_EQUAL(wav_parse(file, length, &layout), WAV_CHANNELS);
  (void)make_wav(file, 0, 8000, 100);
  CHECK_EQUAL(wav_parse(file, length, &layout), WAV_CHANNELS);
  (void)make_wav(file, 1, 11000, 100);
  CHECK_EQUAL(wav_parse(file, length, &layout), WAV_RATE);
  (void)make_wav(file, 1, 8000, 100);
  put_u16(file + 20, 7); // µ-law has 8 bits
  CHECK_EQUAL(wav_parse(file, length, &layout), WAV_UNKNOWN_ENCODING);
  (void)make_wav(file, 1, 8000, 100);
  put_u16(file + 34, 12);
  CHECK_EQUAL(wav_parse(file, length, &layout), WAV_UNKNOWN_ENCODING);
  (void)make_wav(file, 1, 8000, 100);
  put_u16(file + 20, 0x55); // MPEG layer 3
  CHECK_EQUAL(wav_parse(file, length, &layout), WAV_UNKNOWN_ENCODING);
  (void)make_wav(file, 1, 8000, 100);
  put_u16(file + 32, 4);
  CHECK_EQUAL(wav_parse(file, length, &layout), WAV_BAD_FORMAT);
  (void)make_wav(file, 1, 8000, 100);
  put_u32(file + 16, 8);
  CHECK_EQUAL(wav_parse(file, length, &layout), WAV_BAD_FORMAT);
  for (int fault = WAV_OK; fault <= WAV_NO_MEMORY; fault++) {
    CHECK(strlen(wav_fault_text((enum wav_fault)fault)) > 5);
  }
}

static void files_that_cannot_be_read_say_why(void) {
  int16_t *samples = NULL;
  size_t count;
  CHECK_EQUAL(wav_load("/nowhere/speech.wav", 8000, &samples, &count), WAV_NOT_FOUND);
  CHECK_EQUAL(wav_load("/tmp", 8000, &samples, &count), WAV_UNREADABLE);
  CHECK_EQUAL(errno, EISDIR);
  write_file((const uint8_t *)"", 0);
  CHECK_EQUAL(wav_load(path, 8000, &samples, &count), WAV_NOT_WAVE);
  CHECK_EQUAL(truncate(path, WAV_MAX_FILE_BYTES + 1), 0);
  CHECK_EQUAL(wav_load(path, 8000, &samples, &count), WAV_TOO_LARGE);
  unlink(path);
  CHECK_EQUAL(mkfifo(path, 0600), 0);
  CHECK_EQUAL(wav_load(path, 8000, &samples, &count), WAV_UNREADABLE);
  CHECK(!samples);
}

/** One second of 500 Hz, at any rate and in one or two channels, comes out as one second of 500 Hz at another rate. */
static void every_rate_becomes(uint32_t wanted_hz) {
  static const uint32_t rates_hz[] = {8000, 11025, 16000, 22050, 24000, 32000, 44100, 48000, 96000};
  static uint8_t file[44 + 4 * 96000];
  for (size_t at = 0; at < 2 * sizeof rates_hz / sizeof rates_hz[0]; at++) {
    uint32_t rate_hz = rates_hz[at / 2];
    uint16_t channels = (uint16_t)(at % 2 + 1);
    size_t length = make_wav(file, channels, rate_hz, rate_hz * channels * 2);
    for (uint32_t frame = 0; frame < rate_hz; frame++) {
      int16_t sample = (int16_t)(10000 * sin(2 * M_PI * 500 * frame / rate_hz));
      for (uint32_t channel = 0; channel < channels; channel++) {
        put_u16(file + 44 + 2 * (frame * channels + channel), (uint16_t)sample);
      }
    }
    write_file(file, length);
    static struct humming_device heard;
    int16_t *samples = NULL;
    size_t count = 0;
    CHECK_EQUAL(wav_load(path, wanted_hz, &samples, &count), WAV_OK);
    CHECK_EQUAL(count, wanted_hz);
    humming_init(&heard, 0);
    heard.wide = wanted_hz == 16000;
    heard.heard_count = wanted_hz;
    memcpy(heard.heard, samples, wanted_hz * sizeof *samples);
    CHECK_WITHIN(heard_share(&heard, 500, 0.9), 0.99, 1.01);
    CHECK_WITHIN(heard_level(&heard, 0.9), 6900, 7200);
    free(samples);
  }
}

static void every_rate_becomes_eight_kilohertz(void) { every_rate_becomes(8000); }

static void every_rate_becomes_sixteen_kilohertz(void) { every_rate_becomes(16000); }

/** What four samples of these bytes are, each encoded so. */
static void check_samples(enum wav_encoding encoding, uint16_t sample_bytes, const uint8_t *bytes, const int16_t wanted[4]) {
  const struct wav_layout layout = {
      .rate_hz = 8000, .channels = 2, .encoding = encoding, .sample_bytes = sample_bytes, .offset = 0, .frames = 2};
  int16_t samples[4] = {1, 1, 1, 1};
  wav_read_samples(bytes, &layout, samples);
  for (size_t at = 0; at < 4; at++) CHECK_EQUAL(samples[at], wanted[at]);
}

/** Written out by hand: WAVE has 8 bits without a sign and all else with one; IEEE 754; ITU-T G.711, tables 1a and 2a. */
static void every_encoding_is_read(void) {
  static const uint8_t pcm8[] = {0, 128, 255, 64};
  check_samples(WAV_PCM, 1, pcm8, (const int16_t[]){-32768, 0, 32512, -16384});
  static const uint8_t pcm16[] = {0, 0x80, 0xff, 0x7f, 0xff, 0xff, 1, 0};
  check_samples(WAV_PCM, 2, pcm16, (const int16_t[]){-32768, 32767, -1, 1});
  static const uint8_t pcm24[] = {9, 0, 0x80, 9, 0xff, 0x7f, 9, 0, 0, 9, 1, 0};
  check_samples(WAV_PCM, 3, pcm24, (const int16_t[]){-32768, 32767, 0, 1});
  static const uint8_t pcm32[] = {9, 9, 0, 0x80, 9, 9, 0xff, 0x7f, 9, 9, 0, 0, 9, 9, 1, 0};
  check_samples(WAV_PCM, 4, pcm32, (const int16_t[]){-32768, 32767, 0, 1});
  // 1, -0.5, 1e30, not a number
  static const uint8_t floats[] = {0, 0, 0x80, 0x3f, 0, 0, 0, 0xbf, 0xca, 0xf2, 0x49, 0x71, 0, 0, 0xc0, 0x7f};
  check_samples(WAV_FLOAT, 4, floats, (const int16_t[]){32767, -16384, 32767, 0});
  static const uint8_t alaw[] = {0xd5, 0x55, 0xaa, 0x2a};
  check_samples(WAV_ALAW, 1, alaw, (const int16_t[]){8, -8, 32256, -32256});
  static const uint8_t ulaw[] = {0xff, 0x7f, 0x80, 0x00};
  check_samples(WAV_ULAW, 1, ulaw, (const int16_t[]){0, 0, 32124, -32124});
}

/** Whatever the bytes are, no fault and no read beyond them (the address sanitizer watches). */
static void any_bytes_are_survived(void) {
  uint64_t random = 42;
  unsigned taken = 0;
  for (int round = 0; round < 200000; round++) {
    size_t length = test_random(&random) % 200;
    uint8_t *exact = malloc(length ? length : 1);
    uint8_t file[256];
    (void)make_wav(file, (uint16_t)(1 + round % 2), 8000, (uint32_t)(test_random(&random) % 160));
    for (size_t change = test_random(&random) % 6; change > 0; change--) {
      file[test_random(&random) % 64] = (uint8_t)test_random(&random);
    }
    memcpy(exact, file, length);
    struct wav_layout layout;
    if (wav_parse(exact, length, &layout) == WAV_OK) {
      taken++;
      CHECK(layout.offset + layout.frames * layout.channels * layout.sample_bytes <= length);
      CHECK(layout.frames > 0);
    }
    free(exact);
  }
  CHECK(taken > 1000);
}

// ---- the device ----

static void the_input_is_looped(void) {
  uint8_t file[44 + 400];
  size_t length = make_wav(file, 1, 8000, 400);
  for (uint16_t at = 0; at < 200; at++) put_u16(file + 44 + 2 * at, at);
  write_file(file, length);
  struct audio_io io;
  struct fileio_problem problem;
  CHECK_EQUAL(fileio_open(&(struct fileio_options){.input = path}, &io, &problem), DP_OK);
  int16_t silence[AUDIO_FRAME_SAMPLES] = {0};
  int16_t spoken[AUDIO_FRAME_SAMPLES];
  struct audio_report report;
  int expected = 0;
  for (int frame = 0; frame < 10; frame++) {
    io.operations->exchange(io.device, silence, spoken, &report);
    CHECK_EQUAL(report.fault, AUDIO_FAULT_NONE);
    for (size_t at = 0; at < AUDIO_FRAME_SAMPLES; at++) CHECK_EQUAL(spoken[at], expected++ % 200);
  }
  io.operations->close(io.device);
}

static void the_virtual_device_is_silent(void) {
  struct audio_io io;
  struct fileio_problem problem;
  CHECK_EQUAL(fileio_open(&(struct fileio_options){.input = NULL}, &io, &problem), DP_OK);
  int16_t spoken[AUDIO_FRAME_SAMPLES];
  memset(spoken, 1, sizeof spoken);
  struct audio_report report;
  io.operations->exchange(io.device, spoken, spoken, &report);
  for (size_t at = 0; at < AUDIO_FRAME_SAMPLES; at++) CHECK_EQUAL(spoken[at], 0);
  io.operations->close(io.device);
}

static void files_at_fault_are_named(void) {
  struct audio_io io;
  struct fileio_problem problem;
  CHECK_EQUAL(fileio_open(&(struct fileio_options){.input = "/nowhere.wav"}, &io, &problem), DP_DEVICE);
  CHECK_EQUAL(problem.input, WAV_NOT_FOUND);
  CHECK_EQUAL(fileio_open(&(struct fileio_options){.output = "/nowhere/heard.wav"}, &io, &problem), DP_DEVICE);
  CHECK_EQUAL(problem.input, WAV_OK);
  CHECK_EQUAL(problem.system_error, ENOENT);
}

/** The recording's frames as they are in the file now; -1: not a right file. */
static ssize_t recorded(int16_t *samples, size_t capacity) {
  static uint8_t bytes[44 + 2 * HEARD_SAMPLES];
  FILE *file = fopen(path, "rb");
  if (!file) return -1;
  size_t length = fread(bytes, 1, sizeof bytes, file);
  fclose(file);
  struct wav_layout layout;
  enum wav_fault fault = wav_parse(bytes, length, &layout);
  if (fault == WAV_NO_SOUND) return 0;
  if (fault != WAV_OK || layout.rate_hz != 8000 || layout.channels != 1 || layout.frames > capacity) return -1;
  memcpy(samples, bytes + layout.offset, layout.frames * sizeof *samples);
  return (ssize_t)layout.frames;
}

static void a_recording_is_right_at_any_moment(void) {
  static int16_t samples[HEARD_SAMPLES];
  struct recorder *recorder;
  unlink(path);
  CHECK_EQUAL(recorder_open(path, false, &recorder), DP_OK);
  CHECK_EQUAL(recorded(samples, HEARD_SAMPLES), 0);
  ssize_t seen = 0;
  int16_t next = 0;
  for (int frame = 0; frame < 100; frame++) {
    int16_t sound[AUDIO_FRAME_SAMPLES];
    for (size_t at = 0; at < AUDIO_FRAME_SAMPLES; at++) sound[at] = next++;
    recorder_append(recorder, sound);
    sleep_ms(5);
    ssize_t now = recorded(samples, HEARD_SAMPLES);
    CHECK(now >= seen);
    seen = now;
  }
  CHECK(seen > 0);
  recorder_close(recorder);
  CHECK_EQUAL(recorded(samples, HEARD_SAMPLES), 100 * AUDIO_FRAME_SAMPLES);
  for (int at = 0; at < 100 * AUDIO_FRAME_SAMPLES; at++) CHECK_EQUAL(samples[at], at);
}

static void a_recording_survives_its_writer(void) {
  static int16_t samples[HEARD_SAMPLES];
  unlink(path);
  pid_t child = fork();
  if (child == 0) {
    struct recorder *recorder;
    if (recorder_open(path, false, &recorder) != DP_OK) _exit(1);
    const int16_t sound[AUDIO_FRAME_SAMPLES] = {1};
    for (;;) {
      recorder_append(recorder, sound);
      sleep_ms(2);
    }
  }
  sleep_ms(700);
  kill(child, SIGKILL);
  waitpid(child, NULL, 0);
  CHECK(recorded(samples, HEARD_SAMPLES) > 50 * AUDIO_FRAME_SAMPLES);
}

static void a_full_disk_is_a_fault(void) {
  struct audio_io io;
  struct fileio_problem problem;
  int16_t frame[AUDIO_FRAME_SAMPLES] = {0};
  struct audio_report report = {.fault = AUDIO_FAULT_NONE};
  // The device that is always full refuses the header already.
  CHECK_EQUAL(fileio_open(&(struct fileio_options){.output = "/dev/full"}, &io, &problem), DP_DEVICE);
  CHECK_EQUAL(problem.system_error, ENOSPC);
  // A file that may not grow any more.
  unlink(path);
  CHECK_EQUAL(fileio_open(&(struct fileio_options){.output = path}, &io, &problem), DP_OK);
  struct sigaction ignore = {.sa_handler = SIG_IGN};
  sigaction(SIGXFSZ, &ignore, NULL);
  struct rlimit limit;
  getrlimit(RLIMIT_FSIZE, &limit);
  struct rlimit small = {.rlim_cur = 4096, .rlim_max = limit.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  for (int turn = 0; turn < 100 && report.fault == AUDIO_FAULT_NONE; turn++) {
    io.operations->exchange(io.device, frame, frame, &report);
    sleep_ms(10);
  }
  CHECK_EQUAL(report.fault, AUDIO_FAULT_RECORDING);
  CHECK_EQUAL(report.system_error, EFBIG);
  setrlimit(RLIMIT_FSIZE, &limit);
  io.operations->close(io.device);
}

int main(void) {
  snprintf(path, sizeof path, "/tmp/doorphone-fileio-%d.wav", (int)getpid());
  TEST(a_plain_header_is_read);
  TEST(other_chunks_are_skipped);
  TEST(sound_of_a_length_that_its_writer_did_not_know_ends_with_the_file);
  TEST(an_extensible_header_is_read);
  TEST(faults_have_names);
  TEST(files_that_cannot_be_read_say_why);
  unlink(path);
  TEST(every_rate_becomes_eight_kilohertz);
  TEST(every_rate_becomes_sixteen_kilohertz);
  TEST(every_encoding_is_read);
  TEST(any_bytes_are_survived);
  TEST(the_input_is_looped);
  TEST(the_virtual_device_is_silent);
  TEST(files_at_fault_are_named);
  TEST(a_recording_is_right_at_any_moment);
  TEST(a_recording_survives_its_writer);
  TEST(a_full_disk_is_a_fault);
  unlink(path);
  return test_summary("fileio");
}
