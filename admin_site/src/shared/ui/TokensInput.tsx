import type { ComponentProps } from "react";
import { useFormat } from "@/shared/format";
import { parseTokens } from "@/shared/format/typed";
import { Input } from "./Field";

/** A number of tokens; what was typed is written out in full once the field is left. */
export function TokensInput({
  value,
  onChange,
  onBlur,
  ...rest
}: Omit<ComponentProps<"input">, "value" | "onChange" | "onBlur"> & {
  value: string;
  onChange: (value: string) => void;
  onBlur: () => void;
}) {
  const format = useFormat();
  return (
    <Input
      {...rest}
      type="text"
      autoComplete="off"
      className="tabular"
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      onBlur={() => {
        const tokens = parseTokens(value);
        if (tokens !== null) onChange(format.integer(tokens));
        onBlur();
      }}
    />
  );
}
