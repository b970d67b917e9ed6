// Digest authentication (RFC 7616, RFC 8760, RFC 3261 §22), both roles.

export type { ServerProof } from './authentication-info.ts';
export {
  type CallerAlgorithm,
  CallerAuthenticator,
  type CallerAuthenticatorOptions,
  type CallerVerdict,
  fittingChallenges,
  type GuardedRequest,
} from './caller-authenticator.ts';
export {
  type AuthFailure,
  type ChallengedRequest,
  type CredentialHeaders,
  DigestClient,
  type DigestClientOptions,
  type DigestCredentials,
  type RequestToAuthorize,
} from './digest-client.ts';
export type { HashedPassword, KnownPassword } from './digest-response.ts';
export {
  type ChallengeOptions,
  type DigestRefusal,
  type DigestVerification,
  formatChallenge,
  type VerifiedDigest,
  verifyDigest,
} from './digest-server.ts';
