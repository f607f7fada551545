#include "tell/phrases.h"

#include <algorithm>
#include <array>

namespace capstan::tell {
namespace {

// In the order of their keys, so that they are found quickly.
constexpr auto kPhrases = std::to_array<Phrase>({
    {"action.on", "{verb} on {target}", "{verb} → {target}"},
    {"action.planned", "{verb} on {target}: {reason}", "{verb} → {target}: {reason}"},
    {"action.unknown", "Nobody knows whether this happened: {title}", "실행 여부 확인 필요: {title}"},
    {"action.unknown_says", "{says}. Look at the target, and say what happened; until then the plan goes no further.",
     "{says}. 대상을 직접 확인한 뒤 실제 결과를 알려 주세요. 그때까지 이 계획은 진행되지 않습니다."},
    {"button.approve", "Approve", "승인"},
    {"button.look", "Look", "자세히 보기"},
    {"button.look_and_approve", "Look and approve", "확인 후 승인"},
    {"button.look_and_decide", "Look and decide", "확인 후 결정"},
    {"button.reject", "Reject", "반려"},
    {"button.say_what_happened", "Say what happened", "결과 알리기"},
    {"button.undo", "Undo", "되돌리기"},
    {"cause.scored", "{says} (score {score} %)", "{says} (점수 {score} %)"},
    {"cause.unknown", "not known yet", "아직 알 수 없음"},
    {"chat.already", "Nothing was done: the plan {plan} is no longer waiting. It is {state}.",
     "처리하지 않았습니다. 계획 {plan}: 더 이상 승인 대기 중이 아닙니다 (현재 상태: {state})."},
    {"chat.approved", "Approved by {user}: {title}", "{user} 승인: {title}"},
    {"chat.changed",
     "The plan {plan} has changed since it was shown here. Nothing was approved; this is how it is now.",
     "계획 {plan}: 여기에 표시된 뒤로 내용이 바뀌었습니다. 승인하지 않았습니다. 현재 내용은 다음과 같습니다."},
    {"chat.expired", "The plan {plan} has expired. Nothing was approved.",
     "계획 {plan}: 유효 기간이 지나 승인하지 않았습니다."},
    {"chat.failed", "That was not done: {error}", "처리하지 못했습니다: {error}"},
    {"chat.grants", "Who approves this lets {policies} act on these {count} from now on without asking again.",
     "승인하면 이후 {policies} 정책이 이 대상 {count}건에 대해 다시 묻지 않고 조치합니다."},
    {"chat.help", "What can be asked here", "사용할 수 있는 명령"},
    {"chat.help.approve", "approve ID: shows a plan, with the button that approves what is shown",
     "approve ID: 계획을 보여 주고, 보이는 그대로 승인하는 버튼을 표시합니다"},
    {"chat.help.incidents", "incidents: what is wrong now", "incidents: 현재 열려 있는 인시던트"},
    {"chat.help.keep", "keep RESOURCE up|down|alone until 22:00 (or: for 2h): instead of what policies want",
     "keep 대상 up|down|alone until 22:00 (또는 for 2h): 정책 대신 지정한 상태를 유지합니다"},
    {"chat.help.overrides", "overrides: what is kept otherwise, and until when",
     "overrides: 정책과 다르게 유지 중인 대상"},
    {"chat.help.pause", "pause REASON: stops everything that acts", "pause 사유: 모든 자동 조치를 멈춥니다"},
    {"chat.help.plan", "plan ID: one plan, with what it would do", "plan ID: 계획 한 건의 상세 내용"},
    {"chat.help.plans", "plans: what waits for approval", "plans: 승인을 기다리는 계획"},
    {"chat.help.reject", "reject ID REASON: says no to a plan", "reject ID 사유: 계획을 반려합니다"},
    {"chat.help.release", "release ID: ends such an override before its time", "release ID: 유지를 미리 끝냅니다"},
    {"chat.help.resume", "resume: lets it act again", "resume: 자동 조치를 다시 시작합니다"},
    {"chat.help.status", "status: how Capstan is doing", "status: Capstan의 상태"},
    {"chat.help.undo", "undo ID: takes back what a plan has done", "undo ID: 계획이 한 일을 되돌립니다"},
    {"chat.help.why", "why ID: why something happened, back to its first cause",
     "why ID: 왜 그렇게 되었는지 첫 원인까지 보여 줍니다"},
    {"chat.incident", "{id} [{severity}] {title}", "{id} [{severity}] {title}"},
    {"chat.incidents", "Open incidents: {count}", "열린 인시던트: {count}건"},
    {"chat.needs_id", "Say which one: {command} ID", "대상을 지정해 주세요: {command} ID"},
    {"chat.needs_role", "Nothing was done: this needs the role {needed}; {user} is {role}.",
     "처리하지 않았습니다. {needed} 역할이 필요합니다 ({user}: {role})."},
    {"chat.no_button", "This button is not known here. Nothing was done.",
     "알 수 없는 버튼입니다. 아무것도 처리하지 않았습니다."},
    {"chat.no_command", "There is no command '{command}'.", "'{command}': 없는 명령입니다."},
    {"chat.no_user",
     "Nothing was done: your Slack account {account} is linked to the Capstan user {user}, and there is none of that "
     "name.",
     "처리하지 않았습니다. Slack 계정 {account}에 연결된 Capstan 사용자가 없습니다: {user}"},
    {"chat.override", "{resource} {state} until {until} ({id}, {user})",
     "{resource}: {until}까지 {state} ({id}, {user})"},
    {"chat.overrides", "Kept otherwise than policies want: {count}", "정책과 다르게 유지 중: {count}건"},
    {"chat.paused", "Paused by {user}: nothing acts until somebody resumes it.",
     "{user}: 일시 정지했습니다. 다시 시작할 때까지 아무 조치도 하지 않습니다."},
    {"chat.paused_now", "Paused by {by}: {reason}", "일시 정지 중 ({by}): {reason}"},
    {"chat.plan", "{id}: {title}", "{id}: {title}"},
    {"chat.plans", "Plans that wait for approval: {count}", "승인 대기 중인 계획: {count}건"},
    {"chat.problem", "Problem: {what}", "문제: {what}"},
    {"chat.reason", "Reason: {reason}", "사유: {reason}"},
    {"chat.rejected", "Rejected by {user}: {title}", "{user} 반려: {title}"},
    {"chat.released", "Ended by {user}: {id}", "{user} 종료: {id}"},
    {"chat.resumed", "Resumed by {user}.", "{user}: 자동 조치를 다시 시작했습니다."},
    {"chat.source_fails", "Failing: {name}: {error}", "수집 실패: {name}: {error}"},
    {"chat.state", "State: {state}", "상태: {state}"},
    {"chat.status", "{host}: open incidents: {incidents}, plans waiting for approval: {plans}",
     "{host}: 열린 인시던트 {incidents}건, 승인 대기 계획 {plans}건"},
    {"chat.undoing", "Being undone, as {user} asked: {title}", "{user} 요청으로 되돌리는 중: {title}"},
    {"chat.unlinked",
     "Nothing was done: your Slack account {account} is not linked to a Capstan user. An administrator links it in the "
     "settings, under slack, users: {account}: NAME.",
     "처리하지 않았습니다. Slack 계정 {account}에 연결된 Capstan 사용자가 없습니다. 관리자가 설정의 slack, users "
     "아래에 "
     "{account}: 사용자 이름 을 추가하면 사용할 수 있습니다."},
    {"chat.why", "Why {id}", "{id}: 원인"},
    {"digest.changed", "News of {count} incidents of the rule {rule}", "규칙 {rule}: 인시던트 {count}건의 상황 변경"},
    {"digest.closed", "{count} incidents of the rule {rule} are over", "규칙 {rule}: 인시던트 {count}건 종료"},
    {"digest.opened", "{count} more incidents of the rule {rule}", "규칙 {rule}: 인시던트 {count}건 추가 발생"},
    {"field.action", "Action", "작업"},
    {"field.approved_by", "Approved by", "승인자"},
    {"field.asked_by", "Asked by", "요청"},
    {"field.cause", "Likely cause", "추정 원인"},
    {"field.for", "For", "받는 사람"},
    {"field.incident", "Incident", "인시던트"},
    {"field.lasted", "Lasted", "지속 시간"},
    {"field.plan", "Plan", "계획"},
    {"field.recommended", "Recommended", "권장 조치"},
    {"field.resource", "Resource", "리소스"},
    {"form.close", "Back", "취소"},
    {"form.reason", "Reason", "사유"},
    {"form.reject", "Reject", "반려"},
    {"incident.changed", "{incident}: {says}", "{incident}: {says}"},
    {"incident.closed", "[closed] {title}", "[종료] {title}"},
    {"incident.opened", "[{severity}] {title}", "[{severity}] {title}"},
    {"list.more", "and {count} more", "외 {count}건"},
    {"override.alone", "is left alone", "조치하지 않음"},
    {"override.down", "is kept down", "중지 유지"},
    {"override.named", "is kept {state}", "{state} 유지"},
    {"override.up", "is kept up", "가동 유지"},
    {"plan.finished", "{title}: {state}", "{title}: {state}"},
    {"plan.waiting", "To be approved: {title}", "승인 요청: {title}"},
    {"report.nothing", "There is nothing to tell.", "보고할 내용이 없습니다."},
    {"severity.critical", "critical", "심각"},
    {"severity.high", "high", "높음"},
    {"severity.info", "info", "정보"},
    {"severity.low", "low", "낮음"},
    {"severity.medium", "medium", "보통"},
    {"state.approved", "approved", "승인됨"},
    {"state.failed", "failed", "실패"},
    {"state.partial", "partial", "일부만 완료"},
    {"state.proposed", "proposed", "승인 대기"},
    {"state.reverted", "reverted", "되돌림"},
    {"state.running", "running", "실행 중"},
    {"state.skipped", "skipped", "건너뜀"},
    {"state.succeeded", "succeeded", "완료"},
    {"state.unknown", "unknown", "결과 불명"},
});
static_assert(std::ranges::is_sorted(kPhrases, {}, &Phrase::key));

const Phrase* find(std::string_view key) {
  const auto found = std::ranges::lower_bound(kPhrases, key, {}, &Phrase::key);
  return found != kPhrases.end() && found->key == key ? &*found : nullptr;
}

// Puts what stands at each "{place}"; a place that nothing was given for stays empty.
std::string fill(std::string_view pattern, const Words::Places& places, Language language) {
  std::string out;
  while (true) {
    const size_t open = pattern.find('{');
    out += pattern.substr(0, open);
    if (open == std::string_view::npos) return out;
    const size_t close = pattern.find('}', open);
    const auto found = places.find(pattern.substr(open + 1, close - open - 1));
    if (found != places.end()) out += say(found->second, language);
    pattern.remove_prefix(close + 1);
  }
}

}  // namespace

std::span<const Phrase> phrases() { return kPhrases; }

std::string say(const Words& words, Language language) {
  if (words.key.empty()) return words.text;
  const Phrase* phrase = find(words.key);
  if (!phrase) return words.key;
  return fill(language == Language::kKorean ? phrase->korean : phrase->english, words.places, language);
}

Message word(const Draft& draft, Language language) {
  Message message{.id = draft.id, .thread = draft.thread, .severity = draft.severity};
  message.title = say(draft.title, language);
  for (const auto& [name, value] : draft.fields) message.fields.emplace_back(say(name, language), say(value, language));
  for (const Words& line : draft.lines) message.text += (message.text.empty() ? "" : "\n") + say(line, language);
  message.code_lines = draft.code_lines;
  for (const Draft::Button& button : draft.buttons) {
    message.buttons.push_back({say(button.label, language), button.url, button.action, button.value});
  }
  message.url = draft.url;
  message.cause = draft.cause;
  return message;
}

}  // namespace capstan::tell
