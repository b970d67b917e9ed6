// The least that Node takes from its start to a datagram: what no program on it can undercut.
// `node bare-node.mjs ADDRESS PORT`

import { createSocket } from 'node:dgram';

const [, , address, port] = process.argv;
createSocket('udp4').send('REGISTER nobody', Number(port), address);
// Alive until it is ended, like what it is compared with.
setInterval(() => undefined, 60_000);
