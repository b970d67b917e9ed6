// The manual page and the completion for bash, made from the table of commands; the package carries them.

import {
  type CliCommandName,
  COMMANDS,
  isCommand,
  OPTIONS,
  type OptionName,
  type OptionSpecification,
  specificationOf,
} from '../src/cli/command-table.ts';

const names: readonly CliCommandName[] = Object.keys(COMMANDS).filter(isCommand);
/** What every command takes. */
const COMMON: readonly OptionName[] = ['json', 'help'];

/** doorphone(1) in man's own macros. @param date as `2026-01-31` */
export function manualPage(version: string, date: string): string {
  return [
    `.TH DOORPHONE 1 "${date}" "doorphone ${version}"`,
    '.SH NAME',
    'doorphone \\- an open SIP intercom',
    '.SH SYNOPSIS',
    '.B doorphone',
    '.I COMMAND',
    '[\\fIOPTIONS\\fR]',
    '.SH DESCRIPTION',
    'A visitor presses the button at the door; the board calls; somebody answers on any SIP phone, they talk, and a digit',
    'opens the door. The service is started by systemd as',
    '.BR doorphone.service ;',
    'the other commands speak to it over a socket.',
    '.SH COMMANDS',
    ...names.flatMap((name) => ['.TP', `.B ${synopsis(name)}`, escaped(sentence(specificationOf(name).help))]),
    '.SH OPTIONS',
    ...optionNames().flatMap((name) => ['.TP', `.B ${written(name)}`, escaped(sentence(option(name).help))]),
    '.SH FILES',
    ...FILES.flatMap(([file, what]) => ['.TP', `.I ${escaped(file)}`, escaped(what)]),
    '.SH EXIT STATUS',
    '0: done. 1: refused or failed; one line on standard error says why. 2: wrong usage.',
    '.SH SEE ALSO',
    '.BR systemctl (1),',
    '.BR journalctl (1);',
    escaped('/usr/share/doc/doorphone has every key of the configuration, the wiring, and the rules of safety.'),
    '',
  ].join('\n');
}

const FILES = [
  ['/etc/doorphone/doorphone.yaml', 'The configuration.'],
  ['/etc/doorphone/secrets/', 'Passwords, one a file, as the configuration names them.'],
  ['/etc/doorphone/trust/', 'Public keys of whoever may sign new versions.'],
  ['/var/lib/doorphone/', 'What the door has learnt: its name, its profile, its key.'],
  ['/run/doorphone/control.sock', 'The socket of the commands.'],
] as const;

/** Completion for bash; it needs nothing of the package bash-completion. */
export function bashCompletion(): string {
  const options = names.map(
    (name) => `    ${name}) words='${[...optionsOf(name)].map((one) => `--${one}`).join(' ')}' ;;`,
  );
  return `# Completion for bash: doorphone COMMAND [OPTIONS]
_doorphone() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]} command='' word words
  COMPREPLY=()
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in -*) ;; *) command=$word; break ;; esac
  done
  case $previous in
    ${optionNames()
      .filter(takesFile)
      .map((name) => `--${name}`)
      .join(' | ')})
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -f -- "$current")
      return
      ;;
  esac
  case $command in
    '') words='${names.join(' ')} --help --version' ;;
${options.join('\n')}
    help) words='${names.join(' ')}' ;;
    *) words='' ;;
  esac
  case $command:$current in
    provision-server:[!-]* | provision-server:) words='list approve metrics publish' ;;
    check:[!-]* | check:)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -f -- "$current")
      return
      ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}
complete -F _doorphone doorphone
`;
}

function optionNames(): readonly OptionName[] {
  const used = new Set<OptionName>([...names.flatMap((name) => specificationOf(name).options), ...COMMON, 'version']);
  return [...used].sort();
}

function optionsOf(name: CliCommandName): readonly OptionName[] {
  return [...specificationOf(name).options, ...COMMON];
}

function option(name: OptionName): OptionSpecification {
  return OPTIONS[name];
}

function takesFile(name: OptionName): boolean {
  return ['FILE', 'DIR', 'PATH'].includes(option(name).value ?? '');
}

function synopsis(name: CliCommandName): string {
  const positionals = specificationOf(name).positionals.map((one) => (one.required ? one.name : `[${one.name}]`));
  return escaped([name, ...positionals].join(' '));
}

function written(name: OptionName): string {
  const { value } = option(name);
  return escaped(value === undefined ? `--${name}` : `--${name} ${value}`);
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/** A hyphen that is typed, and a line that begins with a control character of roff. */
function escaped(text: string): string {
  return text
    .replace(/\\/g, '\\\\')
    .replace(/-/g, '\\-')
    .replace(/^([.'])/, '\\&$1');
}
