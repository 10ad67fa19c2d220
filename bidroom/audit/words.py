"""The report in words: zh-CN and English for every check, finding and note of the audit."""

from __future__ import annotations

from collections.abc import Mapping

Words = Mapping[str, tuple[str, str]]
"""A name to its words in zh-CN and in English."""

CHECKS: Words = {
    "tree": ("清单、日志树与检查点", "manifest, tree and checkpoints"),
    "time_stamps": ("时间戳", "time stamps"),
    "grammar": ("规则：每一事实在其状态下是否允许", "grammar: every fact allowed in its state"),
    "signatures": ("公告、时间表与各项命令的签名", "signatures of terms, timelines and commands"),
    "bids": ("每份投标：文件头、摘要、签名、证书、分段根", "each bid: header, digest, signature, certificate, roots"),
    "finals": ("截止时的最终投标、总根与回执", "final digests, final root, receipts"),
    "releases": ("解密密钥的提交顺序与时限", "releases inside their window and in order"),
    "keys": ("密钥分片、密钥承诺与开标一览表密文", "pieces, key commitment, sealed form"),
    "record": ("唱标内容与开标记录", "announced values and the record"),
    "platform_log": ("平台日志", "platform log"),
}

STATES: Words = {
    "green": ("通过", "green"),
    "red": ("不通过", "red"),
    "not_checkable_here": ("此处无法检查", "not checkable here"),
}

LABELS: Words = {
    "entry": ("第 {seq} 条", "entry {seq}"),
    "all_green": ("全部通过：{kind}包，{size} 条记录", "all green: {kind} bundle, {size} entries"),
    "some_red": ("不通过的检查：{count} 项", "red checks: {count}"),
    "public": ("公开", "public"),
    "auditor": ("审计", "auditor's"),
}

CAUSES: Words = {
    "beyond_the_end": ("超出文件末尾", "a member beyond the file's end"),
    "local_header_differs": ("成员的文件头与目录不同", "a member's own header differs from the directory"),
    "bytes_outside_of_members": ("成员之间有多余的字节", "bytes that belong to no member"),
    "name_twice": ("文件名重复", "a name twice"),
    "names_not_sorted": ("文件名未排序", "names are not sorted"),
    "name_escapes": ("文件名指向包外", "a name that leads out of the bundle"),
    "not_a_bundle": ("不是 ZIP 文件", "no ZIP file"),
    "end_record_differs": ("目录结尾记录不同", "the end of the directory is different"),
    "directory_cut_off": ("目录不完整", "the directory is cut off"),
    "extra_field": ("含有附加字段或注释", "an extra field or a comment"),
    "not_the_one_form": ("被重新打包或改动过", "packed anew or altered"),
    "oversize": ("过大", "too large"),
    "no_root": ("没有根证书", "no root certificate"),
}
"""Why a file is no bundle, or a folder no trust."""

NOTES: Words = {
    "comes_later": ("后续版本提供", "comes in a later version"),
    "witnesses_come_later": ("见证人签名在后续版本检查", "witnesses' cosignatures are checked in a later version"),
    "personal_certificates_left_out": (
        "个人证书的签名只能在审计包中检查",
        "signatures by personal certificates can be checked in the auditor's bundle only",
    ),
    "name_differs_from_the_certificate": (
        "登记名称与证书中的名称不同",
        "the registered name is not the certificate's",
    ),
    "stored_bid_was_damaged": ("存储的投标文件在检查时已损坏", "the stored bid was found damaged at the check"),
    "release_messages_are_the_auditors": (
        "密钥提交的原文只能在审计包中检查",
        "the release messages can be checked in the auditor's bundle only",
    ),
    "pieces_are_the_auditors": (
        "密钥分片与密钥承诺只能在审计包中检查",
        "pieces and key commitment can be checked in the auditor's bundle only",
    ),
    "later_checkpoints_differ_too": ("其后的检查点也不符", "the checkpoints after it differ too"),
    "refused_for_a_certificate_that_is_not_kept": (
        "上传因所指证书被拒绝，日志未保存该证书",
        "refused for the certificate that the uploader named, which the log does not keep",
    ),
    "documents_do_not_open": ("投标附件无法解密", "the documents do not open"),
}

REASONS: Words = {
    # the file
    "bundle_malformed": ("审计包的文件格式不正确", "the file is not a bundle in its one form"),
    "bundle_unreadable": ("无法读取审计包", "the bundle cannot be read"),
    "bundle_kind_unknown": ("未知的审计包类型", "there is no such kind of bundle"),
    "trust_unreadable": ("无法读取信任目录", "the trust folder cannot be read"),
    "manifest_malformed": ("清单格式不正确", "the manifest is malformed"),
    "manifest_differs": ("清单与日志不一致", "the manifest does not say what the log says"),
    "file_missing": ("缺少文件", "a file is missing"),
    "file_not_in_the_manifest": ("清单中没有该文件", "the manifest does not list this file"),
    "file_not_called_for": ("日志不要求该文件", "nothing in the log calls for this file"),
    "file_differs_from_the_manifest": ("文件与清单中的摘要不符", "the file's hash is not the manifest's"),
    "file_differs_from_the_log": ("文件与日志不符", "the file is not what the log says"),
    "file_is_not_what_its_name_says": ("文件内容与其名称不符", "the file is not what its name says"),
    "not_understood": ("内容无法理解", "this cannot be understood"),
    # 1
    "key_is_not_the_pinned_one": ("密钥不是所信任的密钥", "the key is not the pinned one"),
    "checkpoint_malformed": ("检查点格式不正确", "the checkpoint is malformed"),
    "checkpoint_of_another_log": ("检查点属于另一日志", "the checkpoint is another log's"),
    "checkpoint_signature_wrong": ("检查点签名无效", "the checkpoint's signature is not the pinned key's"),
    "checkpoint_of_another_tree": ("检查点属于另一棵树", "the checkpoint is of another tree"),
    "checkpoint_root_differs": ("检查点的根与记录不符", "the checkpoint's root is not that of the entries"),
    "cosignature_of_nobody_known": ("检查点带有未知签名", "the checkpoint carries an unknown signature"),
    "revocation_list_malformed": ("吊销列表格式不正确", "the revocation list is malformed"),
    "revocation_list_left_out": (
        "未采用当时已发布的吊销列表",
        "a revocation list that had been out for a day was left out",
    ),
    # 3
    "entry_malformed": ("记录格式不正确", "the entry is malformed"),
    "entry_does_not_fold": ("记录无法续接日志", "the entry does not follow from the log"),
    "facts_are_not_what_the_rules_say": ("事实与规则的结果不一致", "the rules make another fact of this"),
    "no_rule_makes_this_fact": ("没有规则产生此事实", "no rule makes this fact for this role"),
    "opening_has_not_ended": ("开标尚未结束", "the opening has not ended"),
    # 4
    "notice_missing": ("缺少招标公告", "there is no notice"),
    "terms_of_another_tender": ("条款属于另一项目", "the terms are another tender's"),
    "timeline_does_not_follow": ("时间表与前一版本不衔接", "the timeline does not follow the one before"),
    "opening_key_not_signed_by_its_holder": ("解密密钥未经持有人签名", "the key was not signed by its holder"),
    "signed_by_another_organization": ("由另一单位签名", "another organization signed"),
    "signature_missing": ("缺少签名", "a signature is missing"),
    "signature_malformed": ("签名格式不正确", "the signature is malformed"),
    "signature_over_other_bytes": ("签名对应的内容不同", "the signature is over other bytes"),
    "signed_by_another_certificate": ("由另一证书签名", "another certificate signed"),
    "command_malformed": ("命令格式不正确", "the command is malformed"),
    "command_for_another_stream": ("命令针对另一日志", "the command is for another log"),
    "command_of_another_type": ("命令类型与事实不符", "the command is of another type"),
    "command_used_twice": ("同一命令被使用两次", "the same command was used twice"),
    "entry_differs_from_the_command": ("记录与签名的命令不一致", "the entry is not what was signed"),
    "checkpoint_named_is_not_this_trees": ("命令所指检查点不属于此日志", "the checkpoint it names is not this log's"),
    "binding_missing": ("缺少证书绑定", "the certificate's binding is missing"),
    "binding_is_anothers": ("证书绑定属于他人", "the binding is somebody else's"),
    "binding_is_later_than_the_act": ("证书绑定晚于该行为", "the binding is later than the act"),
    "binding_differs_from_an_earlier_one": ("证书绑定前后不一致", "the binding is not the one carried before"),
    "binding_is_of_another_kind": ("证书类别与绑定不符", "the certificate is of another kind than bound"),
    "binding_names_another_organization": ("绑定的单位与证书不符", "the binding names another organization"),
    "certificate_malformed": ("证书格式不正确", "the certificate is malformed"),
    "certificate_expired": ("证书已过期", "the certificate had expired"),
    "certificate_not_yet_valid": ("证书尚未生效", "the certificate was not yet valid"),
    "certificate_revoked": ("证书已被吊销", "the certificate was revoked"),
    "certificate_key_usage_wrong": ("证书的密钥用途不符", "the certificate's key usage is wrong"),
    "certificate_of_unknown_issuer": ("证书颁发机构不受信任", "the certificate's issuer is not trusted"),
    "revocation_list_stale": ("没有当时有效的吊销列表", "no revocation list was valid then"),
    # 5
    "entry_differs_from_the_header": ("记录与投标文件头不一致", "the entry is not what the header says"),
    "header_malformed": ("投标文件头格式不正确", "the header is malformed"),
    "sealed_to_other_tender": ("投标文件加密给另一项目", "the bid is sealed to another tender"),
    "sealed_to_other_terms": ("投标文件加密给其他条款", "the bid is sealed to other terms"),
    "sealed_to_other_keys": ("投标文件加密给其他密钥", "the bid is sealed to other keys"),
    "part_does_not_match": ("密文与文件头不符", "the ciphertext is not the header's"),
    "upload_was_refused_without_cause": ("上传被拒绝的理由不成立", "the upload was refused for no such cause"),
    # 6
    "final_digests_are_not_the_live_bids": ("最终摘要不是截止时的有效投标", "the final digests are not the live bids"),
    "final_root_differs": ("最终投标的总根不符", "the final root is another"),
    "bid_after_the_extraction": ("提取之后仍有投标变动", "a bid came or went after the extraction"),
    "bid_after_the_deadline": ("投标晚于截止时间", "the bid is later than the deadline"),
    "receipt_malformed": ("回执格式不正确", "the receipt is malformed"),
    "receipt_signature_wrong": ("回执签名无效", "the receipt's signature is wrong"),
    "receipt_differs_from_the_log": ("回执与日志不一致", "the receipt does not say what the log says"),
    "receipt_names_a_proof_that_is_not_here": ("回执所附证明不在包中", "the receipt's proof is not in the bundle"),
    # 7
    "step_out_of_order": ("步骤顺序不正确", "the step is out of order"),
    "released_during_a_suspension": ("中止期间仍有提交", "released during a suspension"),
    "released_outside_the_window": ("在时限之外提交", "released outside the window"),
    "window_ends_otherwise": ("时限的结束时间不符", "the window ends at another time"),
    "command_differs_from_its_digest": ("解密命令与其摘要不符", "the command is not its digest's"),
    "released_by_another": ("由他人提交", "released by somebody else"),
    "released_twice": ("重复提交", "released twice"),
    "message_differs_from_its_hash": ("提交的原文与摘要不符", "the message is not its hash's"),
    "close_lists_others": ("截止解密所列名单不符", "the close lists others"),
    "closed_before_the_window_ended": ("时限未到即结束", "closed before the window ended"),
    "holder_released_others": ("招标人提交的范围不符", "the holder released for others"),
    "opened_before_every_holder_released": ("各方密钥未齐即开启", "opened before every holder had released"),
    "opened_others_than_were_released": ("开启的投标与已提交的不符", "opened others than were released"),
    "private_malformed": ("审计专用数据格式不正确", "the auditor's data are malformed"),
    "release_message_missing": ("缺少密钥提交的原文", "a release message is missing"),
    "release_message_not_called_for": ("多余的密钥提交原文", "nothing calls for this release message"),
    "release_for_another_command": ("针对另一解密命令提交", "released for another command"),
    "released_others_pieces": ("提交了不属于自己的分片", "the pieces are not the holder's"),
    # 8
    "pieces_malformed": ("密钥分片格式不正确", "the pieces are malformed"),
    "piece_missing": ("缺少密钥分片", "a piece is missing"),
    "piece_does_not_match": ("密钥分片与承诺不符", "a piece does not match its commitment"),
    "key_commitment_wrong": ("密钥与承诺不符", "the key does not match its commitment"),
    "key_differs_from_the_log": ("密钥与日志不符", "the key is not the log's"),
    "payload_damaged": ("该密钥不能打开密文", "the key does not open the ciphertext"),
    "frame_malformed": ("密文的内层结构不正确", "the frame inside is malformed"),
    "form_malformed": ("开标一览表格式不正确", "the bid form is malformed"),
    "form_is_not_what_was_sealed": ("开标一览表不是加密时的内容", "the form is not what was sealed"),
    # 9
    "form_differs_from_the_log": ("开标一览表与日志不符", "the form is not the log's"),
    "failure_differs_from_the_log": ("失败原因与日志不符", "the failure is not what the log says"),
    "minutes_are_not_what_the_facts_say": (
        "所签的开标记录与事实不符",
        "the minutes that were signed are not the facts'",
    ),
    "another_record_was_signed": ("签署的是另一份记录", "another record was signed"),
    "record_malformed": ("开标记录格式不正确", "the record is malformed"),
    "record_is_not_what_the_facts_say": ("开标记录与事实不符", "the record is not what the facts say"),
    "capitals_differ": ("大写与小写金额不一致", "the capitals are not the figures"),
}


def words(table: Words, name: str, language: str) -> str | None:
    """The words for a name, None where the audit has none of its own."""
    found = table.get(name)
    return None if found is None else found[language == "en"]
