// WebRTC's audio processing behind C functions, so that peers/echo.c can open it at run time: AEC3 where Debian has 1.x of
// libwebrtc-audio-processing, AEC2 where it has 0.3. Canceller and noise suppression at their higher levels, no gain control,
// no high-pass. Frames of 10 ms.

#include <cstdint>
#include <cstring>

#ifdef WEBRTC_AEC3

#include <modules/audio_processing/include/audio_processing.h>

#else

#include <webrtc/modules/audio_processing/include/audio_processing.h>
#include <webrtc/modules/interface/module_common_types.h>

#endif

namespace {

using webrtc::AudioProcessing;

#ifdef WEBRTC_AEC3

rtc::scoped_refptr<AudioProcessing> processing;
int rate;

bool begin() {
  AudioProcessing::Config config;
  config.echo_canceller.enabled = true;
  config.echo_canceller.mobile_mode = false;
  config.echo_canceller.enforce_high_pass_filtering = false;
  config.noise_suppression.enabled = true;
  config.noise_suppression.level = AudioProcessing::Config::NoiseSuppression::kHigh;
  processing = webrtc::AudioProcessingBuilder().Create();
  if (!processing) return false;
  processing->ApplyConfig(config);
  return true;
}

int run(const int16_t *far, int16_t *spoken, int delay_ms) {
  const webrtc::StreamConfig format(rate, 1);
  int16_t unheard[480];
  int error = processing->ProcessReverseStream(far, format, format, unheard);
  if (error != 0) return error;
  processing->set_stream_delay_ms(delay_ms);
  return processing->ProcessStream(spoken, format, format, spoken);
}

#else

AudioProcessing *processing;
int rate;

bool begin() {
  webrtc::Config config;
  // As browsers have had it: the longer filter.
  config.Set<webrtc::ExtendedFilter>(new webrtc::ExtendedFilter(true));
  processing = AudioProcessing::Create(config);
  if (!processing) return false;
  processing->Initialize(rate, rate, rate, AudioProcessing::kMono, AudioProcessing::kMono, AudioProcessing::kMono);
  processing->echo_cancellation()->enable_drift_compensation(false);
  processing->echo_cancellation()->set_suppression_level(webrtc::EchoCancellation::kHighSuppression);
  processing->noise_suppression()->set_level(webrtc::NoiseSuppression::kHigh);
  return processing->echo_cancellation()->Enable(true) == 0 && processing->noise_suppression()->Enable(true) == 0;
}

int run(const int16_t *far, int16_t *spoken, int delay_ms) {
  static webrtc::AudioFrame frame;
  const int count = rate / 100;
  frame.UpdateFrame(-1, 0, far, count, rate, webrtc::AudioFrame::kNormalSpeech, webrtc::AudioFrame::kVadUnknown, 1);
  int error = processing->ProcessReverseStream(&frame);
  if (error != 0) return error;
  processing->set_stream_delay_ms(delay_ms);
  frame.UpdateFrame(-1, 0, spoken, count, rate, webrtc::AudioFrame::kNormalSpeech, webrtc::AudioFrame::kVadUnknown, 1);
  error = processing->ProcessStream(&frame);
  memcpy(spoken, frame.data_, count * sizeof *spoken);
  return error;
}

#endif

}  // namespace

extern "C" {

const char *webrtc_name() {
#ifdef WEBRTC_AEC3
  return "AEC3";
#else
  return "AEC2";
#endif
}

int webrtc_begin(int rate_hz) {
  rate = rate_hz;
  return begin() ? 0 : -1;
}

/** 10 ms in place. */
int webrtc_run(const int16_t *far, int16_t *spoken, int delay_ms) { return run(far, spoken, delay_ms); }
}
