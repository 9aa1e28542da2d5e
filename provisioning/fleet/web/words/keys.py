"""Words of the page of keys."""

WHATS: dict[str, tuple[str, str]] = {
    "signing": ("服务签名密钥", "Signing key of the service"),
    "ca": ("县局根证书（CA）", "Certificate authority"),
    "server": ("服务器证书", "Server certificate"),
    "client": ("服务自己的客户端证书", "The service's own client certificate"),
    "audit anchor": ("审计封条", "Anchor of the audit"),
}
TODOS: dict[str, tuple[str, str]] = {
    "nothing": ("不用做什么", "nothing to do"),
    "by_itself": ("到时自动续", "renewed by itself"),
    "turn": ("满一年了，该换", "a year old: turn it"),
    "sign": ("签署人要重新签", "the officials must sign anew"),
    "replace": ("该准备换根证书", "prepare its successor"),
    "look": ("本该自动续却没有，去看", "should have been renewed: look why"),
    "over": ("已过期", "over"),
}
WORDS: dict[str, tuple[str, str]] = {
    "keys_nav": ("密钥", "Keys"),
    "keys_title": ("密钥与证书", "Keys and certificates"),
    "keys_crumb": ("多老了，什么时候到期，该做什么", "how old, when they end, what to do"),
    "keys_own": ("服务自己的", "The service's own"),
    "keys_what": ("是什么", "What"),
    "keys_id": ("编号", "Id"),
    "keys_since": ("从什么时候", "Since"),
    "keys_age": ("多老", "Age"),
    "keys_ends": ("到期", "Ends"),
    "keys_left": ("还有 {left}", "{left} left"),
    "keys_never": ("不到期", "does not end"),
    "keys_never_yet": ("还没有", "none yet"),
    "keys_todo": ("该做什么", "What to do"),
    "keys_turn": ("换签名密钥", "Turn the signing key"),
    "keys_turn_line": (
        "换了以后，新命令和文件用新密钥签；终端听到后跟着换，没换之前命令先等着。换了不能换回去。",
        "Then the new key signs; kiosks follow as they are heard, and commands wait until they have. It cannot be undone.",
    ),
    "keys_turn_sure": ("我知道换了不能换回去", "I know that it cannot be undone"),
    "keys_follow": ("{followed} 台认新密钥，{behind} 台还没跟上", "{followed} kiosks believe it, {behind} have yet to follow"),
    "keys_follow_none": ("还没有终端说过认哪把密钥", "no kiosk has said yet whom it believes"),
    "keys_kiosks": ("快到期的终端证书", "Kiosk certificates that end soon"),
    "keys_kiosks_line": ("三分之二时自动续；还在这里的没有续上", "renewed by themselves at two thirds; these were not"),
    "keys_kiosks_none": ("没有快到期的终端证书", "No kiosk certificate ends soon"),
    "keys_kiosks_none_line": ("终端自己会续", "Kiosks renew them by themselves"),
    "keys_number": ("证书号", "Number"),
    "keys_turned": ("已换签名密钥。", "The signing key was turned."),
    "keys_refusal_busy": ("有人正在换，请再看一遍。", "Somebody else is turning it; look again."),
    "keys_refusal_unsure": ("没有勾选，什么也没做。", "Nothing was done: you did not say that you are sure."),
}
