// The kernels of g711.c with SSE4.1 and AVX2, chosen at run time: the build needs no -march and the addon runs on any
// x86. The same arithmetic, see g711.c; the rest of a frame that fills no vector goes to the portable loops.

#include "codec/g711-kernels.h"

#if defined(__x86_64__) || defined(__i386__)

#include <immintrin.h>

#define SSE41 __attribute__((target("sse4.1")))
#define AVX2 __attribute__((target("avx2")))

enum { BIAS = 33 * 4, LARGEST = 8158 * 4 + 3, DROP = 23 - 4, EXPONENT_128 = (127 + 7) << 4 };

// ---- SSE4.1: 8 samples at a time ----

/** segment_and_step of g711.c for eight magnitudes of up to 15 bits. */
SSE41 static inline __m128i segment_and_step_8(__m128i magnitudes) {
  __m128 low = _mm_cvtepi32_ps(_mm_cvtepi16_epi32(magnitudes));
  __m128 high = _mm_cvtepi32_ps(_mm_cvtepi16_epi32(_mm_srli_si128(magnitudes, 8)));
  __m128i codes =
      _mm_packs_epi32(_mm_srli_epi32(_mm_castps_si128(low), DROP), _mm_srli_epi32(_mm_castps_si128(high), DROP));
  return _mm_sub_epi16(codes, _mm_set1_epi16(EXPONENT_128));
}

SSE41 static inline __m128i alaw_codes_8(__m128i samples) {
  __m128i sign = _mm_srai_epi16(samples, 15);
  __m128i magnitude = _mm_xor_si128(samples, sign);
  __m128i low = _mm_min_epi16(_mm_srli_epi16(magnitude, 4), _mm_set1_epi16(15));
  __m128i code = _mm_max_epi16(segment_and_step_8(magnitude), low);
  return _mm_xor_si128(code, _mm_sub_epi16(_mm_set1_epi16(0xD5), _mm_and_si128(sign, _mm_set1_epi16(0x80))));
}

SSE41 static inline __m128i ulaw_codes_8(__m128i samples) {
  __m128i sign = _mm_srai_epi16(samples, 15);
  // |-32768| is 32768 as an unsigned number, hence the unsigned minimum.
  __m128i magnitude = _mm_min_epu16(_mm_abs_epi16(samples), _mm_set1_epi16(LARGEST));
  __m128i code = segment_and_step_8(_mm_add_epi16(magnitude, _mm_set1_epi16(BIAS)));
  return _mm_xor_si128(code, _mm_sub_epi16(_mm_set1_epi16(0xFF), _mm_and_si128(sign, _mm_set1_epi16(0x80))));
}

SSE41 static void encode_alaw_sse41(const int16_t *samples, uint8_t *octets, size_t count) {
  size_t i = 0;
  for (; i + 16 <= count; i += 16) {
    __m128i first = alaw_codes_8(_mm_loadu_si128((const __m128i *)(const void *)(samples + i)));
    __m128i second = alaw_codes_8(_mm_loadu_si128((const __m128i *)(const void *)(samples + i + 8)));
    _mm_storeu_si128((__m128i *)(void *)(octets + i), _mm_packus_epi16(first, second));
  }
  g711_portable_encode_alaw(samples + i, octets + i, count - i);
}

SSE41 static void encode_ulaw_sse41(const int16_t *samples, uint8_t *octets, size_t count) {
  size_t i = 0;
  for (; i + 16 <= count; i += 16) {
    __m128i first = ulaw_codes_8(_mm_loadu_si128((const __m128i *)(const void *)(samples + i)));
    __m128i second = ulaw_codes_8(_mm_loadu_si128((const __m128i *)(const void *)(samples + i + 8)));
    _mm_storeu_si128((__m128i *)(void *)(octets + i), _mm_packus_epi16(first, second));
  }
  g711_portable_encode_ulaw(samples + i, octets + i, count - i);
}

/** Powers of two by segment, for a shuffle: an A-law segment 0 has the step of segment 1. */
SSE41 static inline __m128i powers_16(bool alaw) {
  return alaw ? _mm_setr_epi8(1, 1, 2, 4, 8, 16, 32, 64, 1, 1, 2, 4, 8, 16, 32, 64)
              : _mm_setr_epi8(1, 2, 4, 8, 16, 32, 64, -128, 1, 2, 4, 8, 16, 32, 64, -128);
}

/** Eight samples from the low halves: codes (bits upright), their powers of two, their signs (all bits or none). */
SSE41 static inline __m128i alaw_samples_8(__m128i codes, __m128i powers, __m128i signs) {
  __m128i code = _mm_cvtepu8_epi16(codes);
  __m128i steps = _mm_slli_epi16(_mm_and_si128(code, _mm_set1_epi16(15)), 4);
  __m128i lead =
      _mm_and_si128(_mm_cmpgt_epi16(_mm_and_si128(code, _mm_set1_epi16(0x70)), _mm_set1_epi16(0)), _mm_set1_epi16(256));
  __m128i base = _mm_add_epi16(_mm_add_epi16(steps, lead), _mm_set1_epi16(8));
  __m128i magnitude = _mm_mullo_epi16(base, _mm_cvtepu8_epi16(powers));
  __m128i sign = _mm_cvtepi8_epi16(signs);
  return _mm_sub_epi16(_mm_xor_si128(magnitude, sign), sign);
}

SSE41 static inline __m128i ulaw_samples_8(__m128i codes, __m128i powers, __m128i signs) {
  __m128i steps = _mm_slli_epi16(_mm_and_si128(_mm_cvtepu8_epi16(codes), _mm_set1_epi16(15)), 3);
  __m128i base = _mm_add_epi16(steps, _mm_set1_epi16(BIAS));
  __m128i magnitude = _mm_sub_epi16(_mm_mullo_epi16(base, _mm_cvtepu8_epi16(powers)), _mm_set1_epi16(BIAS));
  __m128i sign = _mm_cvtepi8_epi16(signs);
  return _mm_sub_epi16(_mm_xor_si128(magnitude, sign), sign);
}

SSE41 static inline __m128i segments_16(__m128i codes) {
  return _mm_and_si128(_mm_srli_epi16(codes, 4), _mm_set1_epi8(7));
}

SSE41 static void decode_alaw_sse41(const uint8_t *octets, int16_t *samples, size_t count) {
  size_t i = 0;
  for (; i + 16 <= count; i += 16) {
    __m128i codes = _mm_xor_si128(_mm_loadu_si128((const __m128i *)(const void *)(octets + i)), _mm_set1_epi8(0x55));
    __m128i powers = _mm_shuffle_epi8(powers_16(true), segments_16(codes));
    __m128i signs = _mm_cmpgt_epi8(codes, _mm_set1_epi8(-1));  // bit 7 clear: negative
    __m128i first = alaw_samples_8(codes, powers, signs);
    __m128i second = alaw_samples_8(_mm_srli_si128(codes, 8), _mm_srli_si128(powers, 8), _mm_srli_si128(signs, 8));
    _mm_storeu_si128((__m128i *)(void *)(samples + i), first);
    _mm_storeu_si128((__m128i *)(void *)(samples + i + 8), second);
  }
  g711_portable_decode_alaw(octets + i, samples + i, count - i);
}

SSE41 static void decode_ulaw_sse41(const uint8_t *octets, int16_t *samples, size_t count) {
  size_t i = 0;
  for (; i + 16 <= count; i += 16) {
    __m128i codes = _mm_xor_si128(_mm_loadu_si128((const __m128i *)(const void *)(octets + i)), _mm_set1_epi8(-1));
    __m128i powers = _mm_shuffle_epi8(powers_16(false), segments_16(codes));
    __m128i signs = _mm_cmpgt_epi8(_mm_setzero_si128(), codes);  // bit 7 set: negative
    __m128i first = ulaw_samples_8(codes, powers, signs);
    __m128i second = ulaw_samples_8(_mm_srli_si128(codes, 8), _mm_srli_si128(powers, 8), _mm_srli_si128(signs, 8));
    _mm_storeu_si128((__m128i *)(void *)(samples + i), first);
    _mm_storeu_si128((__m128i *)(void *)(samples + i + 8), second);
  }
  g711_portable_decode_ulaw(octets + i, samples + i, count - i);
}

// ---- AVX2: 16 samples at a time ----

/** As segment_and_step_8. Unpack and pack both stay within 128-bit lanes, so that the order comes out right. */
AVX2 static inline __m256i segment_and_step_16(__m256i magnitudes) {
  __m256i zero = _mm256_setzero_si256();
  __m256 low = _mm256_cvtepi32_ps(_mm256_unpacklo_epi16(magnitudes, zero));
  __m256 high = _mm256_cvtepi32_ps(_mm256_unpackhi_epi16(magnitudes, zero));
  __m256i codes = _mm256_packs_epi32(_mm256_srli_epi32(_mm256_castps_si256(low), DROP),
                                     _mm256_srli_epi32(_mm256_castps_si256(high), DROP));
  return _mm256_sub_epi16(codes, _mm256_set1_epi16(EXPONENT_128));
}

AVX2 static inline __m256i alaw_codes_16(__m256i samples) {
  __m256i sign = _mm256_srai_epi16(samples, 15);
  __m256i magnitude = _mm256_xor_si256(samples, sign);
  __m256i low = _mm256_min_epi16(_mm256_srli_epi16(magnitude, 4), _mm256_set1_epi16(15));
  __m256i code = _mm256_max_epi16(segment_and_step_16(magnitude), low);
  __m256i polarity = _mm256_and_si256(sign, _mm256_set1_epi16(0x80));
  return _mm256_xor_si256(code, _mm256_sub_epi16(_mm256_set1_epi16(0xD5), polarity));
}

AVX2 static inline __m256i ulaw_codes_16(__m256i samples) {
  __m256i sign = _mm256_srai_epi16(samples, 15);
  __m256i magnitude = _mm256_min_epu16(_mm256_abs_epi16(samples), _mm256_set1_epi16(LARGEST));
  __m256i code = segment_and_step_16(_mm256_add_epi16(magnitude, _mm256_set1_epi16(BIAS)));
  __m256i polarity = _mm256_and_si256(sign, _mm256_set1_epi16(0x80));
  return _mm256_xor_si256(code, _mm256_sub_epi16(_mm256_set1_epi16(0xFF), polarity));
}

/** Two vectors of 16-bit codes as octets in order: packing goes lane by lane, the permutation mends that. */
AVX2 static inline __m256i octets_in_order(__m256i first, __m256i second) {
  return _mm256_permute4x64_epi64(_mm256_packus_epi16(first, second), _MM_SHUFFLE(3, 1, 2, 0));
}

AVX2 static void encode_alaw_avx2(const int16_t *samples, uint8_t *octets, size_t count) {
  size_t i = 0;
  for (; i + 32 <= count; i += 32) {
    __m256i first = alaw_codes_16(_mm256_loadu_si256((const __m256i *)(const void *)(samples + i)));
    __m256i second = alaw_codes_16(_mm256_loadu_si256((const __m256i *)(const void *)(samples + i + 16)));
    _mm256_storeu_si256((__m256i *)(void *)(octets + i), octets_in_order(first, second));
  }
  encode_alaw_sse41(samples + i, octets + i, count - i);
}

AVX2 static void encode_ulaw_avx2(const int16_t *samples, uint8_t *octets, size_t count) {
  size_t i = 0;
  for (; i + 32 <= count; i += 32) {
    __m256i first = ulaw_codes_16(_mm256_loadu_si256((const __m256i *)(const void *)(samples + i)));
    __m256i second = ulaw_codes_16(_mm256_loadu_si256((const __m256i *)(const void *)(samples + i + 16)));
    _mm256_storeu_si256((__m256i *)(void *)(octets + i), octets_in_order(first, second));
  }
  encode_ulaw_sse41(samples + i, octets + i, count - i);
}

/**
 * Thirty-two octets XOR `inversion`, so placed that unpacking, which stays within 128-bit lanes, gives the first sixteen and
 * the last sixteen in order.
 */
AVX2 static inline __m256i codes_32(const uint8_t *octets, uint8_t inversion) {
  __m256i codes = _mm256_xor_si256(_mm256_loadu_si256((const __m256i *)(const void *)octets), _mm256_set1_epi8((char)inversion));
  return _mm256_permute4x64_epi64(codes, _MM_SHUFFLE(3, 1, 2, 0));
}

/** What a table has for the upper four bits of each code: sign and segment. */
AVX2 static inline __m256i by_segment(__m256i codes, __m128i table) {
  __m256i upper = _mm256_and_si256(_mm256_srli_epi16(codes, 4), _mm256_set1_epi8(15));
  return _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(table), upper);
}

/** The lower four bits of each code, times eight. */
AVX2 static inline __m256i eight_steps(__m256i codes) {
  return _mm256_slli_epi16(_mm256_and_si256(codes, _mm256_set1_epi8(15)), 3);
}

AVX2 static inline void store_16(int16_t *samples, __m256i values) {
  _mm256_storeu_si256((__m256i *)(void *)samples, values);
}

/**
 * A sample is 16 step + 8, and 256 more from segment 1 on, times a signed power of two. Half of that fits an octet, and a
 * multiplication that adds pairs makes it whole.
 */
AVX2 static void decode_alaw_avx2(const uint8_t *octets, int16_t *samples, size_t count) {
  __m128i powers = _mm_setr_epi8(-1, -1, -2, -4, -8, -16, -32, -64, 1, 1, 2, 4, 8, 16, 32, 64);
  __m128i leads = _mm_setr_epi8(4, -124, -124, -124, -124, -124, -124, -124, 4, -124, -124, -124, -124, -124, -124, -124);
  size_t i = 0;
  for (; i + 32 <= count; i += 32) {
    __m256i codes = codes_32(octets + i, 0x55);
    __m256i halves = _mm256_add_epi8(eight_steps(codes), by_segment(codes, leads));
    __m256i power = by_segment(codes, powers);
    store_16(samples + i, _mm256_maddubs_epi16(_mm256_unpacklo_epi8(halves, halves), _mm256_unpacklo_epi8(power, power)));
    store_16(samples + i + 16,
             _mm256_maddubs_epi16(_mm256_unpackhi_epi8(halves, halves), _mm256_unpackhi_epi8(power, power)));
  }
  decode_alaw_sse41(octets + i, samples + i, count - i);
}

/** (8 step + BIAS) times a signed power of two, which is the sum of two octets as 128 fits none; and BIAS back towards zero. */
AVX2 static inline __m256i ulaw_samples_16(__m256i base, __m256i power) {
  __m256i biased = _mm256_maddubs_epi16(base, power);
  return _mm256_sub_epi16(biased, _mm256_sign_epi16(_mm256_set1_epi16(BIAS), biased));
}

AVX2 static void decode_ulaw_avx2(const uint8_t *octets, int16_t *samples, size_t count) {
  __m128i more = _mm_setr_epi8(1, 1, 2, 4, 8, 16, 32, 64, -1, -1, -2, -4, -8, -16, -32, -64);
  __m128i rest = _mm_setr_epi8(0, 1, 2, 4, 8, 16, 32, 64, 0, -1, -2, -4, -8, -16, -32, -64);
  size_t i = 0;
  for (; i + 32 <= count; i += 32) {
    __m256i codes = codes_32(octets + i, 0xFF);
    __m256i base = _mm256_add_epi8(eight_steps(codes), _mm256_set1_epi8((char)BIAS));
    __m256i one = by_segment(codes, more);
    __m256i other = by_segment(codes, rest);
    store_16(samples + i, ulaw_samples_16(_mm256_unpacklo_epi8(base, base), _mm256_unpacklo_epi8(one, other)));
    store_16(samples + i + 16, ulaw_samples_16(_mm256_unpackhi_epi8(base, base), _mm256_unpackhi_epi8(one, other)));
  }
  decode_ulaw_sse41(octets + i, samples + i, count - i);
}

bool g711_x86_functions(enum g711_law law, enum g711_kernel kernel, struct g711_functions *functions) {
  bool alaw = law == G711_ALAW;
  if (kernel == G711_KERNEL_AVX2 && __builtin_cpu_supports("avx2")) {
    functions->encode = alaw ? encode_alaw_avx2 : encode_ulaw_avx2;
    functions->decode = alaw ? decode_alaw_avx2 : decode_ulaw_avx2;
    return true;
  }
  if (kernel == G711_KERNEL_SSE41 && __builtin_cpu_supports("sse4.1")) {
    functions->encode = alaw ? encode_alaw_sse41 : encode_ulaw_sse41;
    functions->decode = alaw ? decode_alaw_sse41 : decode_ulaw_sse41;
    return true;
  }
  return false;
}

#else

bool g711_x86_functions(enum g711_law law, enum g711_kernel kernel, struct g711_functions *functions) {
  (void)law;
  (void)kernel;
  (void)functions;
  return false;
}

#endif
