// What the owner of the server may ask it: the devices, their approval, and figures for a monitoring system.

import type { LoginRefusals } from './device-passwords.ts';
import type { Device } from './device-store.ts';
import type { FileRequest, FileResponse } from './file-service.ts';
import type { Fleet } from './fleet.ts';

/** A device as it is shown: nothing by which its file could be had. */
export interface DeviceLine extends Omit<Device, 'token' | 'fingerprint' | 'seen' | 'report'> {
  /** Of the profile that it has, as it says. */
  readonly applied: number | null;
  readonly verdict: string;
  readonly reason: string | null;
  /** ISO-8601. */
  readonly seen: string;
}

/** Answers the owner. @param subscriptions how many there are @param refusals who was not let in */
export function answerOwner(
  request: FileRequest,
  fleet: Fleet,
  subscriptions: () => number,
  refusals: () => readonly LoginRefusals[] = () => [],
): FileResponse {
  const { method, path } = request;
  if (method === 'GET' && path === '/devices') return json(200, fleet.devices.map(lineOf));
  if (method === 'GET' && path === '/metrics') return metrics(fleet, subscriptions(), refusals());
  const [, id] = /^\/approve\/([0-9a-f-]{12,36})$/.exec(path) ?? [];
  if (method === 'POST' && id !== undefined) {
    return fleet.approve(id) ? json(200, { approved: id }) : json(404, { error: `no device ${id} has shown itself` });
  }
  return json(404, { error: 'there is nothing of that name' });
}

function lineOf({ token: _, fingerprint: __, seen, report, ...device }: Device): DeviceLine {
  return {
    ...device,
    applied: report?.serial ?? null,
    verdict: report?.verdict ?? 'unknown',
    reason: report?.reason ?? null,
    seen: new Date(seen).toISOString(),
  };
}

/** The text format of Prometheus, version 0.0.4. */
function metrics(fleet: Fleet, subscriptions: number, refusals: readonly LoginRefusals[]): FileResponse {
  const { devices } = fleet;
  const verdicts = new Map<string, number>();
  for (const { report } of devices) {
    const verdict = report?.verdict ?? 'unknown';
    verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1);
  }
  const upToDate = devices.filter(({ serial, report }) => serial > 0 && report?.serial === serial).length;
  const lines = [
    gauge('doorphone_fleet_devices', 'Devices that have shown themselves.', devices.length),
    gauge(
      'doorphone_fleet_waiting',
      'Devices that wait for approval.',
      devices.filter(({ approved }) => !approved).length,
    ),
    gauge('doorphone_fleet_up_to_date', 'Devices that say that they have their latest profile.', upToDate),
    gauge('doorphone_fleet_subscriptions', 'Subscriptions.', subscriptions),
    '# HELP doorphone_fleet_verdicts What devices say of their last profile.',
    '# TYPE doorphone_fleet_verdicts gauge',
    ...[...verdicts].map(([verdict, count]) => `doorphone_fleet_verdicts{verdict="${verdict}"} ${count}`),
    '# HELP doorphone_fleet_logins_refused_total Requests whose password did not let them in.',
    '# TYPE doorphone_fleet_logins_refused_total counter',
    ...refusals.map(({ by, why, count }) => `doorphone_fleet_logins_refused_total{by="${by}",why="${why}"} ${count}`),
  ];
  const body = Buffer.from(`${lines.join('\n')}\n`);
  return { status: 200, headers: { 'Content-Type': 'text/plain; version=0.0.4' }, body };
}

function gauge(name: string, help: string, value: number): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${name} ${value}`;
}

function json(status: number, value: unknown): FileResponse {
  return { status, headers: { 'Content-Type': 'application/json' }, body: Buffer.from(`${JSON.stringify(value)}\n`) };
}
