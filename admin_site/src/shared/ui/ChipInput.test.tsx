import { fireEvent, render, screen } from "@testing-library/react";
import { useState } from "react";
import { beforeEach, expect, it, vi } from "vitest";
import { ChipInput, splitChips } from "./ChipInput";

const sent = vi.fn<(chips: readonly string[]) => void>();

function Form() {
  const [chips, setChips] = useState<string[]>([]);
  return (
    <>
      <ChipInput
        label="Gestores"
        value={chips}
        onChange={setChips}
        read={(value, text) => ({ chips: [...value, ...splitChips(text)], rest: "" })}
        wrong={(text) => text}
        removeLabel={(chip) => `Tirar ${chip}`}
      />
      <button type="button" onClick={() => sent(chips)}>
        Salvar
      </button>
    </>
  );
}

const box = () => screen.getByLabelText("Gestores");
const save = () => screen.getByRole("button", { name: "Salvar" });
const chip = () => screen.queryByRole("button", { name: "Tirar ana@example.com" });

beforeEach(() => {
  sent.mockReset();
  render(<Form />);
  fireEvent.change(box(), { target: { value: "ana@example.com" } });
});

it("takes what was typed when the keyboard leaves it", () => {
  fireEvent.blur(box());
  expect(chip()).toBeVisible();
});

it("moves nothing under a pointer that is down, and what is clicked has what was typed", () => {
  fireEvent.mouseDown(save());
  fireEvent.blur(box());
  expect(chip()).toBeNull();
  fireEvent.mouseUp(save());
  expect(chip()).toBeNull();
  fireEvent.click(save());
  expect(sent).toHaveBeenCalledExactlyOnceWith(["ana@example.com"]);
});

it("takes what was typed where the pointer is let go elsewhere", async () => {
  fireEvent.mouseDown(save());
  fireEvent.blur(box());
  fireEvent.mouseUp(document.body);
  expect(await screen.findByRole("button", { name: "Tirar ana@example.com" })).toBeVisible();
});
