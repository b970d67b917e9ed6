// The control socket: its server in the service, its client in the command line.

export { ControlClient } from './client.ts';
export { ControlServer, type ControlServerOptions } from './server.ts';
