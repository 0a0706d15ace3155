/** The native REST API, below whatever path this page was loaded from. */

const TOKEN = "kickwatt.token";

/** A refusal: what the hub said, and the field that is wrong. */
export class HubError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly field: string | null = null,
    readonly reason: string | null = null,
    readonly status = 0,
  ) {
    super(message);
  }
}

export function address(path: string): URL {
  return new URL(path, location.href.split("#")[0]);
}

export function token(): string | null {
  return localStorage.getItem(TOKEN);
}

export function keepToken(value: string | null): void {
  if (value === null) localStorage.removeItem(TOKEN);
  else localStorage.setItem(TOKEN, value);
}

/** Make a call below /api/v1 and return its JSON. Throws HubError; its code is `unreachable` when nobody answers. */
export async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  const response = await send(method, `api/v1/${path}`, body);
  return response.status === 204 ? (undefined as T) : ((await response.json()) as T);
}

/** The same for an answer that is no JSON. */
export async function text(path: string): Promise<string> {
  return (await send("GET", `api/v1/${path}`)).text();
}

/** Make any call of the hub's; a Blob goes as it is, all else as JSON. `told` reads what it refuses with. */
export async function send(
  method: string,
  path: string,
  body?: unknown,
  told: (response: Response) => Promise<HubError> = refusal,
): Promise<Response> {
  const headers: Record<string, string> = {};
  const secret = token();
  if (secret !== null) headers.Authorization = `Bearer ${secret}`;
  if (body !== undefined) headers["Content-Type"] = body instanceof Blob ? body.type : "application/json";
  const response = await fetch(address(path), {
    method,
    headers,
    body: body === undefined || body instanceof Blob ? body : JSON.stringify(body),
    cache: "no-store",
  }).catch(() => {
    throw new HubError("unreachable", "");
  });
  if (!response.ok) throw await told(response);
  return response;
}

async function refusal(response: Response): Promise<HubError> {
  try {
    const { error } = await response.json();
    return new HubError(error.code, error.message, error.field, null, response.status);
  } catch {
    // Not the hub, but something on the way to it.
    return new HubError("unreachable", "", null, null, response.status);
  }
}

/** A path with its parameters; those that are undefined are left out. */
export function query(path: string, parameters: Record<string, string | number | undefined>): string {
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined);
  return `${path}?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}`;
}
