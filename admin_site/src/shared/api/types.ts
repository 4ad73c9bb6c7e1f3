import type { components } from "./schema";

/** The API's models by name: `Model<"UserOut">`. */
export type Model<Name extends keyof components["schemas"]> = components["schemas"][Name];
