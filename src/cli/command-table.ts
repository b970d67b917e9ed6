// Every command with what it takes, in one table: the reading of arguments, the help and the tests follow it.

export interface OptionSpecification {
  readonly type: 'boolean' | 'string';
  /** What stands for the value in the help. */
  readonly value?: string;
  readonly help: string;
}

export const OPTIONS = {
  config: { type: 'string', value: 'FILE', help: 'the configuration (/etc/doorphone/doorphone.yaml)' },
  state: { type: 'string', value: 'DIR', help: 'the state folder ($DOORPHONE_STATE, /var/lib/doorphone)' },
  socket: {
    type: 'string',
    value: 'PATH',
    help: 'the control socket ($DOORPHONE_SOCKET, /run/doorphone/control.sock)',
  },
  profiles: { type: 'string', value: 'DIR', help: 'the folder of profiles' },
  check: { type: 'boolean', help: 'look whether the folder makes sense, and serve nobody' },
  now: { type: 'boolean', help: 'and look for a newer one' },
  follow: { type: 'boolean', help: 'go on as things happen' },
  once: { type: 'boolean', help: 'play the main job once and print the timeline' },
  json: { type: 'boolean', help: 'one JSON object on standard output (events: one a line)' },
  help: { type: 'boolean', help: 'this text' },
  version: { type: 'boolean', help: 'the version' },
} as const satisfies { readonly [name: string]: OptionSpecification };

export type OptionName = keyof typeof OPTIONS;

export interface Positional {
  /** As the help shows it. */
  readonly name: string;
  readonly required: boolean;
}

export interface CommandSpecification {
  readonly positionals: readonly Positional[];
  /** Beside `--json` and `--help`, which every command takes. */
  readonly options: readonly OptionName[];
  readonly help: string;
}

const REMOTE: readonly OptionName[] = ['socket', 'state'];
const needed = (name: string): Positional => ({ name, required: true });
const optional = (name: string): Positional => ({ name, required: false });

export const COMMANDS = {
  run: { positionals: [], options: ['config', 'state', 'socket'], help: 'the service, in the foreground' },
  demo: { positionals: [], options: ['once'], help: 'the whole product on this machine, no hardware' },
  check: { positionals: [needed('FILE')], options: [], help: 'says every fault of a configuration' },
  board: {
    positionals: [optional('ACTION'), optional('NAME')],
    options: ['config', 'state', 'socket'],
    help: 'the boards that are known (list); what one has (show NAME); try this one (test)',
  },
  press: { positionals: [optional('BUTTON')], options: REMOTE, help: 'as if the button were pressed' },
  call: { positionals: [needed('URI')], options: REMOTE, help: 'calls somebody' },
  answer: { positionals: [], options: REMOTE, help: 'answers the call that comes in' },
  hangup: { positionals: [], options: REMOTE, help: 'ends the call' },
  hold: { positionals: [], options: REMOTE, help: 'silences the call, both ways, until it is resumed' },
  resume: { positionals: [], options: REMOTE, help: 'takes the hold back' },
  transfer: {
    positionals: [needed('URI')],
    options: REMOTE,
    help: 'calls somebody else, who has the visitor when they answer',
  },
  dtmf: { positionals: [needed('DIGITS')], options: REMOTE, help: 'sends digits to the other side of the call' },
  open: { positionals: [optional('DOOR')], options: REMOTE, help: 'opens a door for its time' },
  line: {
    positionals: [needed('NAME'), optional('0|1')],
    options: REMOTE,
    help: 'shows a line of the board, or makes it inactive or active',
  },
  volume: {
    positionals: [optional('speaker|microphone'), optional('0..100|mute|unmute')],
    options: REMOTE,
    help: 'how loud it is; sets it until the next start',
  },
  audio: {
    positionals: [needed('calibrate')],
    options: REMOTE,
    help: 'measures how the microphone hears the loudspeaker; it hisses for four seconds',
  },
  status: { positionals: [], options: REMOTE, help: 'what the service is doing' },
  events: { positionals: [], options: [...REMOTE, 'follow'], help: 'what happened since it started' },
  reload: { positionals: [], options: REMOTE, help: 'applies a changed configuration' },
  provision: {
    positionals: [],
    options: [...REMOTE, 'now'],
    help: 'the profile that the board has, and what became of others',
  },
  identity: {
    positionals: [],
    options: REMOTE,
    help: 'what servers know the board by; the key that secrets are encrypted to',
  },
  reset: { positionals: [], options: REMOTE, help: 'forgets profile and server; the file stays' },
  'provision-server': {
    positionals: [optional('ACTION'), optional('DEVICE')],
    options: ['profiles', 'state', 'check'],
    help: 'serves devices their configuration; or list, approve DEVICE, metrics; publish',
  },
  'dhcp-inform': {
    positionals: [optional('FILE')],
    options: [],
    help: 'asks DHCP for servers of profiles, and writes that down for the service (as root)',
  },
  release: { positionals: [], options: ['config', 'state'], help: 'drives every relay safe, without a service' },
} as const satisfies { readonly [name: string]: CommandSpecification };

export type CliCommandName = keyof typeof COMMANDS;

export function isCommand(name: string): name is CliCommandName {
  return Object.hasOwn(COMMANDS, name);
}

/** Widened for code that walks the table. */
export function specificationOf(name: CliCommandName): CommandSpecification {
  return COMMANDS[name];
}

function usage(name: CliCommandName): string {
  const positionals = specificationOf(name).positionals.map((one) => (one.required ? one.name : `[${one.name}]`));
  return [name, ...positionals].join(' ');
}

/** The first column; what does not fit into it has a line of its own. */
function column(text: string): string {
  return text.length > 15 ? `${text}\n${' '.repeat(18)}` : `${text.padEnd(15)} `;
}

function describeOptions(names: readonly OptionName[]): string[] {
  return names.map((name) => {
    const option: OptionSpecification = OPTIONS[name];
    const written = option.value === undefined ? `--${name}` : `--${name} ${option.value}`;
    return `  ${written.padEnd(15)} ${option.help}`;
  });
}

/** The help of the whole program. */
export function generalHelp(): string {
  const names = Object.keys(COMMANDS).filter(isCommand);
  return [
    'doorphone: an open SIP intercom',
    '',
    'usage: doorphone COMMAND [OPTIONS]',
    '',
    ...names.map((name) => `  ${column(usage(name))}${specificationOf(name).help}`),
    '',
    ...describeOptions(['json', 'help', 'version']),
    '',
    'exit codes: 0 done, 1 refused or failed, 2 wrong usage',
    '',
  ].join('\n');
}

/** The help of one command. */
export function commandHelp(name: CliCommandName): string {
  const { options, help } = specificationOf(name);
  return [
    `usage: doorphone ${usage(name)} [OPTIONS]`,
    '',
    help,
    '',
    ...describeOptions([...options, 'json', 'help']),
    '',
  ].join('\n');
}
