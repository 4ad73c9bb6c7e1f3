import { describe, expect, it } from "vitest";
import { reasonOf, shownMails, toneOf } from "./mails";

describe("why a mail did not go out", () => {
  it.each([
    ["bounce", "why_bounce"],
    ["bounce, complaint", "why_bounce"],
    ["complaint", "why_complaint"],
    ["InvalidAddress", "why_address"],
    ["MailFromDomainNotVerified", "why_sender"],
    ["MessageRejected", "why_refused"],
    ["SMTPRecipientsRefused 550", "why_refused"],
    ["ThrottlingException", "why_throttled"],
    ["ConnectTimeoutError", "why_slow"],
  ])("reads %s", (error, key) => {
    expect(reasonOf(error).key).toBe(key);
  });

  it("shows an unknown class as it is, and admits to knowing none", () => {
    expect(reasonOf("Teapot 418")).toEqual({ key: "why_code", code: "Teapot 418" });
    expect(reasonOf(null).key).toBe("why_unknown");
  });

  it("shows a suppressed mail as loudly as a refused one", () => {
    const mail = { audience: "user", state: "suppressed", error: "bounce" } as const;
    expect(toneOf(mail)).toBe("danger");
  });

  it("leaves out mails that were for nobody", () => {
    const mails = [
      { audience: "user", state: "sent", error: null },
      { audience: "admins", state: "none", error: null },
    ] as const;
    expect(shownMails(mails)).toEqual([mails[0]]);
  });
});
