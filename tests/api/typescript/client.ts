// What a frontend does with the generated types: it has to compile, and what is wrong must not.
import createClient, { type Middleware } from "openapi-fetch";
import type { components, paths } from "./schema.js";

type StaffJob = components["schemas"]["JobOut"];
type Job = StaffJob | components["schemas"]["ClientJob"];
type Problem = components["schemas"]["Problem"];

export function connect(baseUrl: string, token: string) {
  const api = createClient<paths>({ baseUrl });
  const signed: Middleware = {
    onRequest({ request }) {
      request.headers.set("Authorization", `Bearer ${token}`);
      return request;
    },
  };
  api.use(signed);
  return api;
}

type Api = ReturnType<typeof connect>;

function told(problem: Problem): never {
  throw new Error(problem.detail);
}

export async function signIn(api: Api, email: string, password: string): Promise<string> {
  const { data, error } = await api.POST("/api/v1/auth/login", { body: { email, password } });
  return data ? data.access_token : told(error);
}

export async function waiting(api: Api): Promise<string[]> {
  const { data } = await api.GET("/api/v1/jobs", {
    params: { query: { status: ["pending_qc", "failed"], page: 1, size: 20, sort: "-created_at" } },
  });
  return data ? data.items.map((job) => `${job.title} (${job.status})`) : [];
}

export async function approve(api: Api, job: Job, key: string): Promise<Job> {
  const { data, error } = await api.POST("/api/v1/jobs/{job_id}/actions/approve_source", {
    params: { path: { job_id: job.id }, header: { "Idempotency-Key": key } },
    body: { versions: { captions: 1, audio_description: 1 } },
  });
  return data ?? told(error);
}

export async function save(api: Api, jobId: string, lang: string, content: string, base: number) {
  const { data, error } = await api.PATCH("/api/v1/jobs/{job_id}/vtt", {
    params: { path: { job_id: jobId }, query: { lang, kind: "captions" } },
    body: { content, base_version: base },
  });
  return data ? data.version : told(error);
}

export async function assign(api: Api, jobId: string, lang: string, userId: string) {
  const { data } = await api.POST("/api/v1/language-qc/jobs/{job_id}/languages/{lang}/assign", {
    params: { path: { job_id: jobId, lang } },
    body: { user_id: userId },
  });
  return data?.qc_state;
}

export async function clients(api: Api): Promise<Map<string, string>> {
  const { data } = await api.GET("/api/v1/clients");
  return new Map((data?.items ?? []).map((client) => [client.id, client.name]));
}

export function describe(job: StaffJob): string[] {
  return Object.values(job.languages).map((language) => `${language.language}: ${language.stage}`);
}

export async function mistakes(api: Api) {
  // @ts-expect-error no such status
  await api.GET("/api/v1/jobs", { params: { query: { status: ["lost"] } } });
  // @ts-expect-error the reason is required
  await api.POST("/api/v1/jobs/{job_id}/actions/reject", { params: { path: { job_id: "x" } }, body: {} });
  // @ts-expect-error no such route
  await api.GET("/api/v1/nowhere");
}
