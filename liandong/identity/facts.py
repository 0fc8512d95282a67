"""What identity writes into the trail."""

from __future__ import annotations

from liandong.audit.catalogue import EventKind, Field

AUDITED = (
    EventKind("city.loaded", "装载城市数据", ("city", "files"), "城市数据包被装载，各表新增、更新的行数"),
    EventKind("townships.loaded", "导入乡镇街道", ("city", "files"), "乡镇、街道的代码和名称被导入，新增、更新的行数"),
    EventKind("post.rights_changed", "岗位权限变更", ("before", "after"), "岗位所带权限发生变化"),
    EventKind("person.made", "开设账号", ("username", "post", "desk", "unit"), "为人员开设账号"),
    EventKind("person.password_set", "重置密码", (), "管理员为人员重置密码"),
    EventKind("person.password_changed", "修改密码", (), "本人修改密码"),
    EventKind("person.closed", "停用账号", (), "账号停用，不能再登录"),
    EventKind("person.reopened", "恢复账号", (), "停用的账号恢复使用"),
    EventKind("person.signed_in", "登录", ("ip",), "本人登录成功"),
    EventKind("person.signed_out", "退出", (), "本人退出登录"),
    EventKind("signin.failed", "登录失败", ("ip",), "用户名或密码不正确"),
    EventKind("signin.locked", "登录锁定", ("ip",), "连续失败，暂停该账号从该地址登录"),
    EventKind("token.issued", "签发令牌", ("name", "desk", "rights", "expires"), "为其他系统签发接口令牌"),
    EventKind("token.revoked", "吊销令牌", ("name", "desk"), "吊销接口令牌"),
)

FIELDS = (
    Field("city", "城市"),
    Field("files", "文件与行数"),
    Field("before", "变更前"),
    Field("after", "变更后"),
    Field("username", "用户名"),
    Field("post", "岗位"),
    Field("desk", "台"),
    Field("unit", "承办单位"),
    Field("ip", "网络地址"),
    Field("name", "名称"),
    Field("rights", "权限"),
    Field("expires", "到期时间"),
)
