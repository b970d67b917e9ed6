// Names of the errors. See error.h.

#include "base/error.h"

#include <stddef.h>

static const char *const names[] = {
    [DP_OK] = "ok",
    [DP_INVALID_ARGUMENT] = "invalid-argument",
    [DP_TOO_SHORT] = "too-short",
    [DP_NO_SPACE] = "no-space",
    [DP_MALFORMED] = "malformed",
    [DP_UNSUPPORTED] = "unsupported",
    [DP_FULL] = "full",
    [DP_EMPTY] = "empty",
    [DP_NOT_FOUND] = "not-found",
    [DP_NOT_AUTHENTIC] = "not-authentic",
    [DP_REPLAYED] = "replayed",
    [DP_TOO_OLD] = "too-old",
    [DP_KEY_EXPIRED] = "key-expired",
    [DP_WRONG_SOURCE] = "wrong-source",
    [DP_CRYPTO] = "crypto",
    [DP_SYSTEM] = "system",
    [DP_NO_PORT] = "no-port",
    [DP_TOO_MANY_SESSIONS] = "too-many-sessions",
    [DP_DEVICE] = "device",
    [DP_CLOSED] = "closed",
};

const char *dp_error_name(dp_error error) {
  size_t index = (size_t)error;
  if (index >= sizeof names / sizeof names[0] || !names[index]) return "unknown";
  return names[index];
}
