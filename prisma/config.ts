import { defineConfig } from "prisma/config";

// The schema engine is not needed at run time: migrate.ts applies the SQL, and the client talks through the pg adapter.
export default defineConfig({ schema: "schema", migrations: { path: "migrations" } });
