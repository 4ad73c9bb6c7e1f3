export { MAX_TOKENS, parseTokens } from "@/shared/format/typed";
