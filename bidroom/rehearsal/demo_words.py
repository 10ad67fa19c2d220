"""What a demo says at the command line, in zh-CN and English; seats are named in both at once."""

from __future__ import annotations

from bidroom.rehearsal.words import Words

STEPS: Words = {
    "server": ("服务器就绪：{url}（{seconds:.0f} 秒）", "The server is up: {url} ({seconds:.0f} s)"),
    "rehearsed": (
        "开标一已完成并归档：{title}（{seconds:.0f} 秒）",
        "The first opening is over and archived: {title} ({seconds:.0f} s)",
    ),
    "verified": ("  {kind}：{green} 项核验通过", "  {kind}: {green} checks passed"),
    "not_verified": ("  {kind}：核验未通过", "  {kind}: verification failed"),
    "auditor": ("审计包", "auditor's bundle"),
    "public": ("公开包", "public bundle"),
    "prepared": (
        "开标二、三已公告，投标文件已递交（{seconds:.0f} 秒）",
        "The second and third are announced, bids are in ({seconds:.0f} s)",
    ),
    "live": ("开标二：{title}，约 {seconds:.0f} 秒后截止并开标", "Second opening: {title}, begins in {seconds:.0f} s"),
    "tomorrow": ("开标三：{title}，明天开标", "Third opening: {title}, tomorrow"),
    "clock": (
        "演示时钟现在是 {now}，以 {speed:g} 倍速运行",
        "The demo's clock shows {now} and runs {speed:g} times as fast",
    ),
    "links": (
        "每个席位一个链接，可在同一浏览器中并排打开。谁打开，谁操作；没有人坐的席位自动扮演。",
        "One link a seat, side by side in one browser. Who opens a seat acts there; the others play by themselves.",
    ),
    "overview": ("全部席位", "All seats"),
    "results": ("开标一的记录与核验包：{out}", "Record and bundles of the first opening: {out}"),
    "ended": ("开标二已结束，记录与核验包：{out}", "The second opening has ended; record and bundles: {out}"),
    "waits": (
        "大家在等待{seat}席位：已有人接管，请在浏览器中操作，或在席位总览中交还",
        "Everybody waits for the seat of the {seat}: act there, or give it back on the page of all seats",
    ),
    "stop": ("按 Ctrl-C 结束", "Ctrl-C ends it"),
    "stopped": ("演示已结束", "The demo has ended"),
}

SEATS: Words = {
    "host": ("主持人", "host"),
    "tenderee": ("招标人", "tenderee"),
    "bidder": ("投标人", "bidder"),
    "supervisor": ("行政监督", "supervisor"),
    "auditor": ("审计", "auditor"),
    "clerk": ("窗口工作人员", "clerk"),
    "board": ("公示板", "public board"),
}

TRIES: Words = {
    "host": ("检查、下达解密指令、唱标、答复异议", "check, command the decryption, announce, answer"),
    "tenderee": ("解密预检、释放密钥、签署记录", "preflight, release the keys, sign the record"),
    "bidder": (
        "签到、释放密钥、提出异议、确认记录；密钥已备好",
        "sign in, release, object, confirm; the key is at hand",
    ),
    "supervisor": ("提醒、中止与恢复、签署记录", "remind, suspend and resume, sign the record"),
    "auditor": ("核验已归档的开标", "verify the archived opening"),
    "clerk": ("绑定审核、公告审核、保证金", "bindings, notices, deposits"),
    "board": ("任何人可见，无需登录", "what anyone sees, without a login"),
}
