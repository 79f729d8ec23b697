/** What an assignment says is to run, opened and held against what its deployer sealed. A control plane that lies is told in what. */
import { checkFiles } from "../bundle/open.ts";
import type { Manifest } from "../protocol/manifest.ts";
import { openLock, openManifest, sealLock } from "../protocol/open.ts";
import type { VersionPlace } from "../protocol/places.ts";
import { SealError, type WorkspaceKey } from "../protocol/seal.ts";
import { type Assignment, LockAnswer, VersionAnswer } from "../protocol/wire.ts";
import type { Connection } from "./connection.ts";
import type { Ledger } from "./ledger.ts";

export interface Version {
	id: string;
	place: VersionPlace;
	address: string;
	manifest: Manifest;
	/** The first build's resolved package list; null until there was one. */
	lock: string | null;
}

/** Opened manifests that are kept: a large one takes some MiB. */
const KEPT = 32;

export class Versions {
	readonly #key: WorkspaceKey;
	readonly #connection: Connection;
	readonly #ledger: Ledger;
	readonly #kept = new Map<string, Promise<Version>>();

	constructor(key: WorkspaceKey, connection: Connection, ledger: Ledger) {
		this.#key = key;
		this.#connection = connection;
		this.#ledger = ledger;
	}

	/** Throws SealError, which names what did not match, and GatewayError where the control plane refuses. */
	async open(assignment: Assignment, signal?: AbortSignal): Promise<Version> {
		// Everything that the assignment claims is in the name, so no claim passes because another one was true.
		const name = [assignment.version, assignment.flow, assignment.number, assignment.address].join(" ");
		let version = this.#kept.get(name);
		if (!version) {
			version = this.#fetch(assignment, signal);
			this.#kept.set(name, version);
			version.catch(() => this.#kept.delete(name));
			if (this.#kept.size > KEPT) this.#kept.delete(this.#kept.keys().next().value as string);
		}
		return version;
	}

	async #fetch({ version, flow, number, address }: Assignment, signal?: AbortSignal): Promise<Version> {
		const { header, parts } = await this.#connection.insist({ path: "version", header: { version }, answer: VersionAnswer, signal });
		const place: VersionPlace = { workspace: this.#key.workspace, flow, number };
		if (header.flow !== flow || header.number !== number)
			throw new SealError("altered", `the run is of version ${number} of ${flow}, but version ${header.number} of ${header.flow} was sent for it`);
		if (header.address !== address)
			throw new SealError("altered", `the run is of the version with address ${address}, but ${header.address} was sent for it`);
		const sealed = parts[header.manifest];
		if (!sealed) throw new SealError("format", "the manifest is missing in the control plane's answer");
		const manifest = await openManifest(this.#key, place, sealed, address);
		checkFiles(manifest);
		const lock = header.lock === null ? null : parts[header.lock];
		return { id: version, place, address, manifest, lock: lock ? await openLock(this.#key, place, lock) : null };
	}

	/** Offers `lock` as the version's own. The first one wins. @returns the one that holds. */
	async settleLock(version: Version, lock: string, signal?: AbortSignal): Promise<string> {
		const sealed = await sealLock(this.#key, version.place, lock);
		const { header, parts } = await this.#connection.insist({
			path: "lock",
			header: { version: version.id, lock: 0 },
			parts: [sealed],
			answer: LockAnswer,
			signal,
		});
		this.#ledger.note([{ kind: "lock", version: version.id, bytes: sealed.length }]);
		const answered = parts[header.lock];
		if (!answered) throw new SealError("format", "the package list is missing in the control plane's answer");
		version.lock = await openLock(this.#key, version.place, answered);
		return version.lock;
	}
}
