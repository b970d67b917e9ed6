// Resampling, measured with sines: what should pass passes at its level, what lies above the new Nyquist frequency is
// 60 dB down wherever it would land.

#define _DEFAULT_SOURCE  // M_PI

#include "dsp/resampler.h"

#include <math.h>

#include "support/check.h"

enum { SECOND = 48000, AMPLITUDE = 20000 };

static int16_t input[2 * SECOND];
static int16_t output[2 * SECOND + 100];

/** Amplitude of one frequency, with a Hann window so that others do not leak in. */
static double amplitude_at(const int16_t *samples, size_t count, double hz, double rate) {
  double real = 0, imaginary = 0;
  for (size_t i = 0; i < count; i++) {
    double window = 1 - cos(2 * M_PI * (double)i / (double)count);
    real += window * samples[i] * cos(2 * M_PI * hz * (double)i / rate);
    imaginary += window * samples[i] * sin(2 * M_PI * hz * (double)i / rate);
  }
  return 2 * sqrt(real * real + imaginary * imaginary) / (double)count;
}

static double energy(const int16_t *samples, size_t count) {
  double sum = 0;
  for (size_t i = 0; i < count; i++) sum += (double)samples[i] * samples[i];
  return sqrt(2 * sum / (double)count);  // As the amplitude of a sine.
}

static bool prompt; // which of the two filters is measured

static dp_error begin(struct resampler *resampler, uint32_t input_hz, uint32_t output_hz, void *storage, size_t bytes) {
  return prompt ? resampler_init_prompt(resampler, input_hz, output_hz, storage, bytes)
                : resampler_init(resampler, input_hz, output_hz, storage, bytes);
}

/** Resamples a second of a sine in blocks of uneven length. @return output samples */
static size_t resample_sine(uint32_t input_hz, uint32_t output_hz, double hz) {
  struct resampler resampler;
  size_t bytes = resampler_storage_bytes(input_hz, output_hz);
  void *storage = malloc(bytes);
  if (begin(&resampler, input_hz, output_hz, storage, bytes) != DP_OK) abort();
  for (size_t i = 0; i < input_hz; i++)
    input[i] = (int16_t)lrint(AMPLITUDE * sin(2 * M_PI * hz * (double)i / input_hz));
  size_t made = 0;
  for (size_t at = 0, length = 1; at < input_hz; at += length) {
    length = (length * 7 + 13) % 961 + 1;
    if (length > input_hz - at) length = input_hz - at;
    size_t limit = resampler_output_limit(&resampler, length);
    struct resampler_block block = {
        .input = input + at, .input_count = length, .output = output + made, .output_capacity = limit};
    CHECK_EQUAL(resampler_process(&resampler, &block), DP_OK);
    CHECK_EQUAL(block.output_count, limit);
    made += block.output_count;
  }
  free(storage);
  return made;
}

static double decibel(double amplitude) { return 20 * log10((amplitude + 1e-9) / AMPLITUDE); }

static const uint32_t rates[] = {11025, 16000, 22050, 24000, 32000, 44100, 48000};
enum { RATES = sizeof rates / sizeof rates[0] };

static void a_second_stays_a_second(void) {
  for (size_t i = 0; i < RATES; i++) {
    CHECK_WITHIN(resample_sine(rates[i], 8000, 440), 7999, 8001);
    CHECK_WITHIN(resample_sine(8000, rates[i], 440), rates[i] - 10, rates[i] + 10);
  }
}

static void speech_passes_at_its_level(void) {
  for (size_t i = 0; i < RATES; i++) {
    for (double hz = 100; hz <= 3400; hz += 550) {
      size_t count = resample_sine(rates[i], 8000, hz);
      CHECK_WITHIN(decibel(amplitude_at(output + 1000, count - 2000, hz, 8000)), -0.1, 0.1);
      count = resample_sine(8000, rates[i], hz);
      CHECK_WITHIN(decibel(amplitude_at(output + 4000, count - 8000, hz, rates[i])), -0.1, 0.1);
    }
  }
}

static void nothing_folds_back_when_going_down(void) {
  double worst = -200;
  for (size_t i = 0; i < RATES; i++) {
    for (double hz = 4000; hz < rates[i] / 2.0; hz += 701) {
      size_t count = resample_sine(rates[i], 8000, hz);
      double level = decibel(energy(output + 1000, count - 2000));
      if (level > worst) worst = level;
    }
  }
  printf("     greatest alias %.1f dB\n", worst);
  CHECK(worst < -60);
}

static void nothing_is_mirrored_when_going_up(void) {
  double worst = -200;
  for (size_t i = 0; i < RATES; i++) {
    for (double hz = 300; hz <= 3400; hz += 1030) {
      size_t count = resample_sine(8000, rates[i], hz);
      for (double image = 8000 - hz; image < rates[i] / 2.0; image += 8000) {
        double level = decibel(amplitude_at(output + 4000, count - 8000, image, rates[i]));
        if (level > worst) worst = level;
      }
    }
  }
  printf("     greatest image %.1f dB\n", worst);
  CHECK(worst < -60);
}

/** Half the delay, and the same pass band; what is weakened less lies between 3.4 and 4.6 kHz at either end. */
static void the_prompt_filter_passes_speech_and_nothing_far_above(void) {
  struct resampler steep, quick;
  size_t bytes = resampler_storage_bytes(48000, 8000);
  void *storage = malloc(bytes);
  CHECK_EQUAL(resampler_init(&steep, 48000, 8000, storage, bytes), DP_OK);
  CHECK_EQUAL(resampler_init_prompt(&quick, 48000, 8000, storage, bytes), DP_OK);
  CHECK_WITHIN((double)quick.taps / (double)steep.taps, 0.45, 0.55);
  free(storage);
  prompt = true;
  speech_passes_at_its_level();
  double worst = -200;
  for (size_t i = 0; i < RATES; i++) {
    for (double hz = 4600; hz < rates[i] / 2.0; hz += 701) {
      size_t count = resample_sine(rates[i], 8000, hz);
      double level = decibel(energy(output + 1000, count - 2000));
      if (level > worst) worst = level;
    }
  }
  printf("     greatest alias %.1f dB\n", worst);
  CHECK(worst < -60);
  nothing_is_mirrored_when_going_up();
  prompt = false;
}

/** Of a click, the middle of its energy below 3.4 kHz. @return ms until it comes out */
static double delay_ms(uint32_t input_hz, uint32_t output_hz) {
  struct resampler resampler;
  size_t bytes = resampler_storage_bytes(input_hz, output_hz);
  void *storage = malloc(bytes);
  if (begin(&resampler, input_hz, output_hz, storage, bytes) != DP_OK) abort();
  memset(input, 0, input_hz / 10 * sizeof *input);
  input[0] = AMPLITUDE;
  struct resampler_block block = {
      .input = input, .input_count = input_hz / 10, .output = output, .output_capacity = 2 * SECOND};
  CHECK_EQUAL(resampler_process(&resampler, &block), DP_OK);
  free(storage);
  double moment = 0, all = 0;
  for (size_t i = 0; i < block.output_count; i++) {
    double square = (double)output[i] * output[i];
    moment += square * (double)i;
    all += square;
  }
  return moment / all / output_hz * 1000;
}

/** The filters of a 48 kHz card are on both ways of each call. */
static void the_prompt_filter_answers_at_once(void) {
  static const uint32_t simple[] = {16000, 24000, 32000, 48000};
  prompt = true;
  for (size_t i = 0; i < sizeof simple / sizeof simple[0]; i++) {
    CHECK_WITHIN(delay_ms(simple[i], 8000), 0, 0.6);
    CHECK_WITHIN(delay_ms(8000, simple[i]), 0, 0.6);
  }
  CHECK_WITHIN(delay_ms(48000, 16000), 0, 0.3);
  CHECK_WITHIN(delay_ms(16000, 48000), 0, 0.3);
  CHECK_WITHIN(delay_ms(44100, 8000), 1, 2);
  prompt = false;
  CHECK_WITHIN(delay_ms(48000, 8000), 3, 4);
}

static void a_constant_stays_constant(void) {
  for (size_t i = 0; i < RATES; i++) {
    struct resampler resampler;
    size_t bytes = resampler_storage_bytes(8000, rates[i]);
    void *storage = malloc(bytes);
    CHECK_EQUAL(resampler_init(&resampler, 8000, rates[i], storage, bytes), DP_OK);
    for (size_t k = 0; k < 2000; k++) input[k] = 10000;
    struct resampler_block block = {
        .input = input, .input_count = 2000, .output = output, .output_capacity = 2 * SECOND};
    CHECK_EQUAL(resampler_process(&resampler, &block), DP_OK);
    for (size_t k = block.output_count / 2; k < block.output_count; k++) CHECK_WITHIN(output[k], 9999, 10001);
    free(storage);
  }
}

static void the_same_rate_changes_nothing(void) {
  size_t count = resample_sine(8000, 8000, 1234);
  CHECK_EQUAL(count, 8000);
  CHECK_BYTES(output, input, 8000 * sizeof *input);
}

static void full_scale_saturates(void) {
  struct resampler resampler;
  size_t bytes = resampler_storage_bytes(8000, 48000);
  void *storage = malloc(bytes);
  CHECK_EQUAL(resampler_init(&resampler, 8000, 48000, storage, bytes), DP_OK);
  for (size_t i = 0; i < 800; i++) input[i] = i / 4 % 2 ? INT16_MAX : INT16_MIN;  // Overshoots between samples.
  struct resampler_block block = {.input = input, .input_count = 800, .output = output, .output_capacity = SECOND};
  CHECK_EQUAL(resampler_process(&resampler, &block), DP_OK);
  bool high = false, low = false;
  for (size_t i = 400; i < block.output_count; i++) {
    high |= output[i] == INT16_MAX;
    low |= output[i] == INT16_MIN;
    CHECK(i == 0 || abs(output[i] - output[i - 1]) < 40000);  // No wrap from one end to the other.
  }
  CHECK(high && low);
  free(storage);
}

static void refuses_what_it_cannot(void) {
  struct resampler resampler;
  uint8_t storage[64];
  CHECK_EQUAL(resampler_storage_bytes(8000, 0), 0);
  CHECK_EQUAL(resampler_storage_bytes(44101, 8000), 0);  // 8000 phases
  CHECK_EQUAL(resampler_init(&resampler, 44101, 8000, storage, sizeof storage), DP_UNSUPPORTED);
  CHECK_EQUAL(resampler_init(&resampler, 48000, 8000, storage, sizeof storage), DP_NO_SPACE);
  size_t bytes = resampler_storage_bytes(8000, 16000);
  void *memory = malloc(bytes);
  CHECK_EQUAL(resampler_init(&resampler, 8000, 16000, memory, bytes), DP_OK);
  struct resampler_block block = {.input = input, .input_count = 160, .output = output, .output_capacity = 318};
  CHECK_EQUAL(resampler_process(&resampler, &block), DP_NO_SPACE);
  CHECK_EQUAL(block.output_count, 0);
  block.output_capacity = 320;
  CHECK_EQUAL(resampler_process(&resampler, &block), DP_OK);
  free(memory);
}

int main(void) {
  TEST(a_second_stays_a_second);
  TEST(speech_passes_at_its_level);
  TEST(nothing_folds_back_when_going_down);
  TEST(nothing_is_mirrored_when_going_up);
  TEST(the_prompt_filter_passes_speech_and_nothing_far_above);
  TEST(the_prompt_filter_answers_at_once);
  TEST(a_constant_stays_constant);
  TEST(the_same_rate_changes_nothing);
  TEST(full_scale_saturates);
  TEST(refuses_what_it_cannot);
  return test_summary("resampler");
}
