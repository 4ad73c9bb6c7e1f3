import { defineTexts } from "@/shared/i18n";

/** Words about addresses that get no mail, after a bounce or a complaint. */
export const { useTexts: useSuppressionTexts } = defineTexts("suppressions", {
  "pt-BR": {
    noticeTitle: "Esta pessoa não recebe nossos e-mails",
    reason_bounce: "Uma mensagem voltou: o endereço não existe ou não aceita e-mails.",
    reason_complaint: "Uma mensagem nossa foi marcada como spam.",
    since: "Desde {{date}} nenhum aviso é enviado a {{email}}.",
    detail: "O servidor respondeu: {{detail}}",
    lift: "Voltar a enviar e-mails",
    liftOne: "Voltar a enviar e-mails para {{email}}",
    confirmTitle: "Voltar a enviar e-mails?",
    confirm_bounce:
      "Confirme antes que {{email}} existe. Se uma mensagem voltar de novo, os envios param de novo; devoluções demais prejudicam os e-mails de toda a empresa.",
    confirm_complaint:
      "Só continue se a pessoa de {{email}} pediu. Outra reclamação prejudica os e-mails de toda a empresa.",
    confirmMissed: "O que não foi enviado até agora não será enviado depois.",
    lifted: "{{email}} volta a receber e-mails.",
    liftedUnsupported:
      "{{email}} volta a receber e-mails. Este emulador não tem a lista de bloqueio do SES; na AWS, o endereço sairia dela também.",
    failed: "Os e-mails continuam parados",
    title: "Endereços que não recebem e-mails",
    description: "De usuários e administradores; uma mensagem voltou ou foi marcada como spam.",
    short_bounce: "Mensagem voltou",
    short_complaint: "Marcada como spam",
    sinceShort: "desde {{date}}",
  },
  en: {
    noticeTitle: "This person gets none of our mails",
    reason_bounce: "A mail came back: the address does not exist or takes no mail.",
    reason_complaint: "One of our mails was marked as spam.",
    since: "Since {{date}} no warning is sent to {{email}}.",
    detail: "The server answered: {{detail}}",
    lift: "Send mails again",
    liftOne: "Send mails to {{email}} again",
    confirmTitle: "Send mails again?",
    confirm_bounce:
      "Make sure first that {{email}} exists. When another mail comes back, sending stops again; too many bounces harm the whole company's mail.",
    confirm_complaint:
      "Go on only if the person at {{email}} asked for it. Another complaint harms the whole company's mail.",
    confirmMissed: "What was not sent until now is not sent later.",
    lifted: "{{email}} gets mails again.",
    liftedUnsupported:
      "{{email}} gets mails again. This emulator has no SES suppression list; on AWS the address would leave it too.",
    failed: "Mails are still stopped",
    title: "Addresses that get no mail",
    description: "Of users and admins; a mail came back or was marked as spam.",
    short_bounce: "Mail came back",
    short_complaint: "Marked as spam",
    sinceShort: "since {{date}}",
  },
});
