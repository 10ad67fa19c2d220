/** What somebody can do about a refusal, beside what it says. */

import { say, sentenceOf } from "./words.mjs";

const WAYS = {
  documents_changed: () => say('请重新选择该文件后再次加密；已填写的内容仍在。'),
  document_named_twice: () => say('请给其中一个文件改名，或移除其一。'),
  documents_too_large: () => say('一个标段的投标文件合计不得超过 2 GB，请精简后再加密。'),
  documents_too_many: () => say('请先打包成较少的文件。'),
  local_storage_full: () => say('请清理本机磁盘，或改用普通（非隐私）窗口后再次加密；已填写的内容仍在。'),
  sealed_file_gone: () => say('本机上的密文已被清除，请重新加密；已上传的部分不算递交。'),
  wrong_count_of_keys: () => say('该证书只能签名，不能解密：请先生成恢复码，再加密。'),
  certificate_not_the_bound_one: () => say('请改用本页列出的序列号对应的证书。'),
  certificate_unbound: () => say('请先在“本单位”页申请绑定证书。'),
  signed_by_another_certificate: () => say('请改用本页列出的序列号对应的证书重新加密。'),
  passphrase_wrong: () => say('请核对口令后重试，证书文件没有损坏。'),
  key_file_unreadable: () => say('证书文件可能已损坏，或不是 .p12/.pfx 文件，请换用备份。'),
  key_opens_no_stanza: () => say('这份投标文件不是用该证书加密的：请换用加密时的证书，或使用恢复码。'),
  share_damaged: () => say('请下载密钥备份并联系交易中心；截止前也可以重新加密并替换。'),
  recovery_code_malformed: () => say('恢复码为 32 个字母或数字，请对照打印件核对。'),
  upload_is_in_time: () => say('可以取得平台签名的拒收凭证，作为已尝试递交的证据。'),
  upload_quota_used_up: () => say('本单位在该项目的上传空间已用完，请联系交易中心。'),
  not_logged_in: () => say('请重新登录；密文保存在本机，回到本页即可继续。'),
  session_over: () => say('请重新登录；密文保存在本机，回到本页即可继续。'),
  csrf_token_wrong: () => say('请刷新本页；密文保存在本机，刷新后即可继续。'),
  it_supersedes_the_live_bid: () => say('本标段已在别处递交或撤回过：请刷新本页，重新加密后再递交。'),
  sealed_to_other_terms: () => say('招标条款已变更：请刷新本页，重新加密后再递交。'),
  server_unreachable: () => say('请检查网络；已上传的部分不会丢失。'),
  server_failed: () => say('请稍后再试；已上传的部分不会丢失。'),
};

/** A fault in words, with the way on. @param {any} fault */
export function saidOf(fault) {
  if (fault?.name !== "Refused") return say('出现意外错误，请刷新本页后重试：{fault}', { fault: String(fault) });
  const stop = say('。');
  const way = WAYS[fault.reason]?.() ?? "";
  return sentenceOf(fault) + named(filesIn(fault)) + stop + way;
}

function named(files) {
  const comma = say('、');
  return files.length ? say('（{names}）', { names: files.slice(0, 5).join(comma) }) : "";
}

/** The files that a refusal is about. */
function filesIn({ reason, field, details }) {
  if (reason === "documents_changed" && field) return [field];
  const names = reason === "document_named_twice" ? details.names : [];
  return [...new Set(names.filter((name, n) => names.indexOf(name) !== n))];
}
