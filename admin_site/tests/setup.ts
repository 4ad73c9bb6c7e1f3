import "@testing-library/jest-dom/vitest";
import { cleanup } from "@testing-library/react";
import { afterEach } from "vitest";

// The tests read Portuguese, whatever the browser of the test asks for.
localStorage.setItem("solaris.locale", "pt-BR");

afterEach(cleanup);
