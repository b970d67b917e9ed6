// The one error enum of the native code. No thread affinity, no state.
//
// Leaves out: errno. A function that fails with DP_SYSTEM leaves errno as the system call set it.

#ifndef DOORPHONE_BASE_ERROR_H
#define DOORPHONE_BASE_ERROR_H

/** What a native function answers. `DP_OK` is 0, so `if (error)` reads well. */
typedef enum dp_error {
  DP_OK = 0,
  DP_INVALID_ARGUMENT,  /**< The caller broke the contract: null, zero, out of range. */
  DP_TOO_SHORT,         /**< The input ends before what it announces. */
  DP_NO_SPACE,          /**< The destination is smaller than the result. */
  DP_MALFORMED,         /**< The input is long enough but not what it should be. */
  DP_UNSUPPORTED,       /**< Well formed, but nothing that this build can do. */
  DP_FULL,              /**< A fixed queue, pool or table has no room left. */
  DP_EMPTY,             /**< Nothing is there to take. */
  DP_NOT_FOUND,         /**< No such session, slot or device. */
  DP_NOT_AUTHENTIC,     /**< The authentication tag does not match. */
  DP_REPLAYED,          /**< This index has been seen (receiver) or used (sender) already. */
  DP_TOO_OLD,           /**< The index lies before the replay window. */
  DP_KEY_EXPIRED,       /**< The key has protected as many packets as it may. */
  DP_WRONG_SOURCE,      /**< Another SSRC or address than the expected one. */
  DP_CRYPTO,            /**< OpenSSL refused; a self-test failed. */
  DP_SYSTEM,            /**< A system call failed; errno says why. */
  DP_NO_PORT,           /**< No free pair of ports in the range. */
  DP_TOO_MANY_SESSIONS, /**< Every session slot is in use. */
  DP_DEVICE,            /**< The sound device is missing, lost or refuses the format. */
  DP_CLOSED             /**< The object has been closed. */
} dp_error;

/** The name of an error in kebab case (`no-port`), for logs and JavaScript's `code`. Never null; "unknown" if none. */
const char *dp_error_name(dp_error error);

#endif
