// Known answers at load: one each for AES-CTR, AES-GCM and HMAC-SHA1, so that an OpenSSL that was built or configured in an
// unexpected way (FIPS providers, missing legacy parts) is noticed before the first call and not in it.

#ifndef DOORPHONE_CRYPTO_SELF_TEST_H
#define DOORPHONE_CRYPTO_SELF_TEST_H

#include "base/error.h"

/** Computes SP 800-38A F.5.1, GCM's test case 2 and RFC 2202 case 2. Once at load, not on the media thread. @return DP_OK, DP_CRYPTO */
dp_error crypto_self_test(void);

#endif
