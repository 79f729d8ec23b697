/** Every environment variable of the control plane, validated: a start with a wrong one fails at once and names it. The one file that reads them. */
import { z } from "zod";

const port = z.coerce.number().int().min(0).max(65_535);
const flag = z.enum(["0", "1", "true", "false", ""]).transform((value) => value === "1" || value === "true");

const list = z
	.string()
	.transform((text) =>
		text
			.toLowerCase()
			.split(/[\s,]+/)
			.filter(Boolean),
	)
	.refine(
		(domains) => domains.every((domain) => domain === "*" || /^[a-z0-9-]+(\.[a-z0-9-]+)*$/.test(domain)),
		"must be domains, comma-separated, or *",
	);

const Environment = z.object({
	/** The owner of the database: migrations, roles and the job queue are its. */
	DATABASE_URL: z.string().regex(/^postgres(ql)?:\/\/./, "must look like postgres://user:password@host:5432/database"),
	HOST: z.string().min(1).default("127.0.0.1"),
	PORT: port.default(7411),
	/** Signs sessions and agents' access tokens. The same on all servers of one installation. */
	TIDEGATE_SECRET: z.string().regex(/^([0-9a-f]{2}){32,}$/i, "must be at least 32 random bytes as hexadecimal digits: openssl rand -hex 32"),
	/** How browsers and agents reach this server. */
	TIDEGATE_PUBLIC_URL: z.url({ protocol: /^https?$/, error: "must be a URL that begins with http:// or https://" }).optional(),
	NODE_ENV: z.enum(["development", "production", "test"]).default("production"),
	/** Next builds pages as they are asked for: for people who change them. */
	TIDEGATE_DEV: flag.default(false),
	/** Without pages the server has its API only, and starts without Next. */
	TIDEGATE_PAGES: flag.default(true),
	/** Folder of the built pages, absolute, where it is not .next of this package. next.config.ts reads it, too. */
	TIDEGATE_PAGES_DIR: z.string().regex(/^\//, "must be an absolute path").optional(),
	/** Proxies in front of this server, whose X-Forwarded-For is believed. */
	TIDEGATE_PROXIES: z.coerce.number().int().min(0).max(10).default(0),
	/** Sustained rate of one key or person; ten times as many at once. */
	TIDEGATE_TRIGGERS_PER_SECOND: z.coerce.number().positive().default(100),
	/** Sign-in by the identity provider of the whole installation: its issuer, as its discovery document names it. */
	TIDEGATE_OIDC_ISSUER: z.url({ protocol: /^https?$/, error: "must be a URL that begins with https://" }).optional(),
	TIDEGATE_OIDC_CLIENT_ID: z.string().optional(),
	TIDEGATE_OIDC_CLIENT_SECRET: z.string().optional(),
	/** What its button says. */
	TIDEGATE_OIDC_NAME: z.string().max(100).optional(),
	/** E-mail domains that it signs in; * for all. */
	TIDEGATE_OIDC_DOMAINS: list.default([]),
	/** The organization, by its name, that new people join. Without one only those come in who are members or invited. */
	TIDEGATE_OIDC_ORGANIZATION: z.string().optional(),
	TIDEGATE_OIDC_ROLE: z.enum(["admin", "operator", "viewer"]).default("viewer"),
});

type Environment = z.infer<typeof Environment>;

/** The identity provider of the installation. */
export interface InstallationProvider {
	issuer: string;
	clientId: string;
	clientSecret: string;
	name: string;
	/** Empty: `*`, all. */
	domains: string[];
	organization: string | undefined;
	role: "admin" | "operator" | "viewer";
}

function providerOf(e: Environment): InstallationProvider | undefined {
	const needs = ["TIDEGATE_OIDC_ISSUER", "TIDEGATE_OIDC_CLIENT_ID", "TIDEGATE_OIDC_CLIENT_SECRET"] as const;
	const absent = needs.filter((name) => !e[name]);
	if (absent.length === needs.length) return undefined;
	if (absent.length > 0) throw new EnvironmentError(`Sign-in by an identity provider is not complete: ${absent.join(" and ")} missing.`);
	const domains = e.TIDEGATE_OIDC_DOMAINS;
	if (domains.length === 0) {
		throw new EnvironmentError(
			"TIDEGATE_OIDC_DOMAINS is missing: name the e-mail domains that this provider may sign in, or * for all that it vouches for.",
		);
	}
	const issuer = e.TIDEGATE_OIDC_ISSUER as string;
	return {
		issuer,
		clientId: e.TIDEGATE_OIDC_CLIENT_ID as string,
		clientSecret: e.TIDEGATE_OIDC_CLIENT_SECRET as string,
		name: e.TIDEGATE_OIDC_NAME ?? new URL(issuer).host,
		domains: domains.filter((domain) => domain !== "*"),
		organization: e.TIDEGATE_OIDC_ORGANIZATION,
		role: e.TIDEGATE_OIDC_ROLE,
	};
}

export interface Settings {
	databaseUrl: string;
	host: string;
	port: number;
	secret: string;
	publicUrl?: string;
	dev: boolean;
	pages: boolean;
	pagesDir?: string | undefined;
	proxies: number;
	triggersPerSecond: number;
	provider?: InstallationProvider;
}

/** In words for people: which variables, and what each must be. */
export class EnvironmentError extends Error {
	override readonly name = "EnvironmentError";
}

export function readEnvironment(env: Record<string, string | undefined> = process.env): Settings {
	const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ""));
	const read = Environment.safeParse(given);
	if (!read.success) {
		const lines = read.error.issues.map(
			({ path, message }) => `  ${path.join(".")}: ${given[String(path[0])] === undefined ? "is missing" : message}`,
		);
		throw new EnvironmentError(`The environment is not complete:\n${lines.join("\n")}`);
	}
	const e = read.data;
	return {
		databaseUrl: e.DATABASE_URL,
		host: e.HOST,
		port: e.PORT,
		secret: e.TIDEGATE_SECRET,
		publicUrl: e.TIDEGATE_PUBLIC_URL?.replace(/\/+$/, ""),
		dev: e.TIDEGATE_DEV,
		pages: e.TIDEGATE_PAGES,
		pagesDir: e.TIDEGATE_PAGES_DIR,
		proxies: e.TIDEGATE_PROXIES,
		triggersPerSecond: e.TIDEGATE_TRIGGERS_PER_SECOND,
		provider: providerOf(e),
	};
}

/** next-auth knows its own address only from the environment. */
export function tellNextAuth(publicUrl: string): void {
	process.env.NEXTAUTH_URL = publicUrl;
}
