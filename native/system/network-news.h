// News of the machine's network by the kernel (rtnetlink(7)): that an interface, an address or a route is another. What it
// is nobody reads here: who hears of news looks for himself.

#ifndef DOORPHONE_SYSTEM_NETWORK_NEWS_H
#define DOORPHONE_SYSTEM_NETWORK_NEWS_H

/** @return a descriptor that is readable when there is news, for `network_news_take` and close; below 0: -errno */
int network_news_open(void);

/**
 * Takes what has come. Never waits.
 * @return 1: there was news; 0: none; below 0: -errno, and the descriptor tells nothing any more
 */
int network_news_take(int descriptor);

#endif
