"""Words of the card the bureau has on a kiosk's own page."""

RELEASES: dict[str, tuple[str, str]] = {
    "": ("还没回话", "not heard of yet"),
    "waiting_for_night": ("等夜里下载", "waits for the night"),
    "downloading": ("正在下载", "downloading"),
    "installing": ("正在装", "installing"),
    "waiting_for_villager": ("等村民办完", "waits for a villager"),
    "on_trial": ("试运行", "on trial"),
    "running": ("在用", "running"),
    "went_back": ("试过，退回了", "tried, went back"),
    "refused": ("不接受", "refused"),
}
WORDS: dict[str, tuple[str, str]] = {
    "of_kiosk": ("县局要它怎样", "What the bureau wants of it"),
    "of_kiosk_line": (
        "配置、版本、命令；有人在办事，什么都等",
        "configuration, release, commands; all of it waits for a villager",
    ),
    "of_kiosk_waits": ("等这位村民办完再换：", "Waits for the villager who is there:"),
    "of_kiosk_waits_step": ("正在办，第 {step} / {steps} 步。", "At step {step} of {steps}."),
    "of_kiosk_waits_never": (
        "等多久都不打断，空下来就做。",
        "Never interrupted, however long it takes; done once nobody is there.",
    ),
    "of_kiosk_identity": ("身份", "Identity"),
    "of_kiosk_identity_none": ("没有入网登记", "never let in"),
    "of_kiosk_certificate": ("证书到 {until}", "certificate until {until}"),
    "of_kiosk_config": ("配置", "Configuration"),
    "of_kiosk_document": ("第 {n} 版", "document {n}"),
    "of_kiosk_in_force": ("现在按第 {n} 版", "runs by document {n}"),
    "of_kiosk_own_file": ("现在按自己的文件", "runs by its own file"),
    "of_kiosk_config_none": ("按自己的文件", "by its own file"),
    "of_kiosk_release": ("版本", "Release"),
    "of_kiosk_runs": ("现在 {release}", "runs {release}"),
    "of_kiosk_release_none": ("没有要它换", "nothing else is wanted"),
    "of_kiosk_commands": ("命令", "Commands"),
    "of_kiosk_commands_none": ("没有等着的", "none wait"),
    "of_kiosk_waited": ("已等 {age}", "for {age}"),
}
