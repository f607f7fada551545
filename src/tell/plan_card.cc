#include "tell/plan_card.h"

#include <algorithm>

#include "model/chat.h"

namespace capstan::tell {
namespace {

bool decides_on(const Draft::Button& button, const std::string& plan) {
  const std::optional<PlanButton> of = read_plan_button(button.value);
  return !button.action.empty() && of && of->plan == plan;
}

// A message about the plan itself says in its title what became of it.
void retitle(Draft& draft, const PlanNow& now) {
  if (draft.title.key() != "plan.waiting") return;
  const Words title = draft.title.place("title");
  if (!is_final(now.state))
    draft.title = Words::phrase("plan.approved", {{"title", title}});
  else if (now.by.empty())
    draft.title = Words::phrase("plan.not_done", {{"title", title}});
  else
    draft.title = Words::phrase("plan.finished", {{"title", title}, {"state", word_of(now.state)}});
}

}  // namespace

std::optional<std::string> plan_asked_for(const Draft& draft) {
  for (const Draft::Button& button : draft.buttons) {
    const std::optional<PlanButton> of = read_plan_button(button.value);
    if (button.action == "approve" && of) return of->plan;
  }
  return std::nullopt;
}

Draft as_now(const Draft& first, const std::string& plan, const PlanNow& now) {
  Draft draft = first;
  draft.alike.clear();
  remove_frozen(draft);
  if (!now.waits) {
    std::erase_if(draft.buttons, [&](const Draft::Button& button) { return decides_on(button, plan); });
    retitle(draft, now);
    for (Draft::Button& button : draft.buttons) {
      if (!button.url.empty()) button.label = Words::phrase("button.look");  // There is nothing to decide any more.
    }
    if (!now.by.empty()) draft.lines.push_back(Words::phrase("plan.approved_by", {{"by", word_of_actor(now.by)}}));
    if (is_final(now.state) && !now.says.empty()) draft.lines.push_back(now.says);
  }
  if (!is_final(now.state)) add_frozen(draft, plan, now.frozen, now.freeze);
  return draft;
}

}  // namespace capstan::tell
