// Before any test file: a Postgres (that of `npm test`, or one of our own when vitest was started by hand)
// with a migrated template, from which each file gets its database in milliseconds. That of `npm test` has it already.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import type { TestProject } from "vitest/node";
import { testDatabaseUrl } from "../config.mjs";
import { type Postgres, startPostgres } from "../postgres/postgres.ts";
import { makeTemplate } from "./database.ts";

declare module "vitest" {
	interface ProvidedContext {
		/** Superuser URL of the Postgres of this test run. */
		databaseUrl: string;
	}
}

async function start(): Promise<{ url: string; stop(): Promise<void> }> {
	if (testDatabaseUrl) return { url: testDatabaseUrl, stop: async () => undefined };
	const dir = fs.mkdtempSync(path.join(os.tmpdir(), "tidegate-test-"));
	const postgres: Postgres = await startPostgres({ dir, maxConnections: 300, durable: false });
	try {
		await makeTemplate(postgres.url);
	} catch (cause) {
		await postgres.discard();
		throw cause;
	}
	return { url: postgres.url, stop: postgres.discard };
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
	const { url, stop } = await start();
	project.provide("databaseUrl", url);
	return stop;
}
