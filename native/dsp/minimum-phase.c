// See minimum-phase.h. By the cepstrum (Oppenheim, Schafer: Discrete-Time Signal Processing, on homomorphic processing): that of a
// filter of minimum phase is its magnitude's, with all of it at positive times.

#include "dsp/minimum-phase.h"

#include <math.h>

enum { POINTS = 2048, HALF = POINTS / 2, ANGLES = 2 * POINTS };

/** A zero's logarithm would have no end. -80 dB */
static const double least_magnitude = 1e-4;

/** Of the multiples of pi / POINTS, once around. */
static void make_cosines(double cosines[ANGLES]) {
  const double pi = 3.141592653589793;
  for (size_t i = 0; i < ANGLES; i++) cosines[i] = cos(pi * (double)i / POINTS);
}

/** log |H| at HALF + 1 frequencies from 0 to half the rate. */
static void measure(const double *response, size_t length, const double cosines[ANGLES], double log_magnitudes[HALF + 1]) {
  for (size_t k = 0; k <= HALF; k++) {
    // Symmetric: a sum of cosines around its middle, from which distances are counted in halves of a sample.
    double sum = 0;
    for (size_t n = 0; n < length; n++) {
      size_t halves = 2 * n > length - 1 ? 2 * n - (length - 1) : length - 1 - 2 * n;
      sum += response[n] * cosines[k * halves % ANGLES];
    }
    log_magnitudes[k] = log(fmax(fabs(sum), least_magnitude));
  }
}

/** One of the cepstrum's coefficients of positive time, with what the magnitude's has at the negative one. */
static double cepstrum(size_t n, const double cosines[ANGLES], const double log_magnitudes[HALF + 1]) {
  double sum = log_magnitudes[0] + (n % 2 == 0 ? 1 : -1) * log_magnitudes[HALF];
  for (size_t k = 1; k < HALF; k++) sum += 2 * log_magnitudes[k] * cosines[2 * k * n % ANGLES];
  return (n == 0 ? 1 : 2) * sum / POINTS;
}

void minimum_phase(double *response, size_t length) {
  double cosines[ANGLES];
  double log_magnitudes[HALF + 1];
  double scaled[MINIMUM_PHASE_MOST]; // k c(k)
  make_cosines(cosines);
  measure(response, length, cosines, log_magnitudes);
  response[0] = exp(cepstrum(0, cosines, log_magnitudes));
  // n h(n) = sum over k of k c(k) h(n - k)
  for (size_t n = 1; n < length; n++) {
    scaled[n] = (double)n * cepstrum(n, cosines, log_magnitudes);
    double sum = 0;
    for (size_t k = 1; k <= n; k++) sum += scaled[k] * response[n - k];
    response[n] = sum / (double)n;
  }
}
