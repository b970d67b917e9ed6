// Fetching profiles.

export type { RetrievalFault, RetrievalFaultCode } from './fault.ts';
export { candidatesOf, expandMacros, type FetchingDevice, userAgentOf } from './macros.ts';
export type { RetrievalSettings } from './policy.ts';
export { LARGEST_PROFILE, ProfileRetriever, type ProfileRetrieverOptions } from './profile-retriever.ts';
