#include <algorithm>
#include <array>

#include "model/phrases.h"

namespace capstan {
namespace {

constexpr auto kPhrases = std::to_array<Phrase>({
    {"advice.duplicate", "Take one of the two away, or give it a name of its own.",
     "둘 중 하나를 빼거나 서로 다른 이름을 지정하세요."},
    {"advice.take_away", "Take {field} away.", "필드를 빼세요: {field}."},
    {"advice.write", "Write {field}: {value}.", "다음과 같이 적으세요: {field}: {value}."},
    {"advice.write_allowed", "Write what is allowed at {field}: {allowed}.",
     "허용되는 값을 적으세요. {field}: {allowed}."},
    {"advice.write_instead", "Write {nearest} in its place.", "대신 다음을 적으세요: {nearest}."},
    {"allowed.another_form", "{allowed}, or another of {forms} forms", "{allowed}, 또는 {forms}가지 형식 중 다른 하나"},
    {"allowed.anything", "anything", "무엇이든"},
    {"allowed.at_least", "at least {amount}", "{amount} 이상"},
    {"allowed.at_most", "at most {amount}", "{amount} 이하"},
    {"allowed.boolean", "true or false", "true 또는 false"},
    {"allowed.both", "{first} and {next}", "{first}, {next}"},
    {"allowed.characters", "characters", "문자"},
    {"allowed.count_at_least", "at least {count} {what}", "{what} {count}개 이상"},
    {"allowed.count_at_most", "at most {count} {what}", "{what} {count}개 이하"},
    {"allowed.date", "a date as 2026-01-31", "2026-01-31 형식의 날짜"},
    {"allowed.each_once", "each once; item {item} is the same", "각각 한 번만. {item}번 항목과 같음"},
    {"allowed.either", "{first} or {next}", "{first} 또는 {next}"},
    {"allowed.fields", "fields", "필드"},
    {"allowed.int32", "an integer between -2147483648 and 2147483647", "-2147483648 이상 2147483647 이하의 정수"},
    {"allowed.int64", "an integer of 64 bits", "64비트 정수"},
    {"allowed.integer", "an integer", "정수"},
    {"allowed.integer_or_string", "an integer or a string", "정수 또는 문자열"},
    {"allowed.ipv4", "an IPv4 address", "IPv4 주소"},
    {"allowed.ipv6", "an IPv6 address", "IPv6 주소"},
    {"allowed.items", "items", "항목"},
    {"allowed.known_field", "a field that it has", "정의된 필드"},
    {"allowed.less_than", "less than {amount}", "{amount} 미만"},
    {"allowed.list", "a list", "목록"},
    {"allowed.map", "a map", "맵"},
    {"allowed.more_than", "more than {amount}", "{amount} 초과"},
    {"allowed.multiple", "a multiple of {amount}", "{amount}의 배수"},
    {"allowed.no_field", "no field", "필드 없음"},
    {"allowed.not_this_form", "anything that does not have this form", "이 형식이 아닌 것"},
    {"allowed.number", "a number", "숫자"},
    {"allowed.one_form", "exactly one of {forms} forms; it has {found} of them",
     "{forms}가지 형식 중 정확히 하나. 지금은 {found}가지에 해당함"},
    {"allowed.one_of", "one of {values}", "{values} 중 하나"},
    {"allowed.one_of_more", "one of {values}, and {count} more", "{values} 외 {count}개 중 하나"},
    {"allowed.pattern", "a text that matches {pattern}", "{pattern} 패턴에 맞는 문자열"},
    {"allowed.quantity", "an amount as 500m, 2 or 1Gi", "500m, 2, 1Gi 형식의 수량"},
    {"allowed.string", "a string", "문자열"},
    {"allowed.time", "a time as 2026-01-31T08:00:00Z", "2026-01-31T08:00:00Z 형식의 시각"},
    {"allowed.uuid", "a UUID", "UUID"},
    {"allowed.value", "a value", "값"},
    {"fault.duplicate", "{place} ({value}) comes twice: allowed is {allowed}",
     "{place} ({value}): 중복됨 (허용: {allowed})"},
    {"fault.field_dropped", "{says}; the API server drops it, or refuses the object",
     "{says}. API 서버가 이 필드를 버리거나 객체를 거부함"},
    {"fault.missing", "{place} is missing", "{place}: 필수 필드가 없음"},
    {"fault.refused", "{says}; the API server refuses it", "{says}. API 서버가 거부함"},
    {"fault.the_whole", "the whole", "객체 전체"},
    {"fault.type", "{place} is {value}, where {allowed} must be",
     "{place}: 값 {value}의 유형이 맞지 않음 (허용: {allowed})"},
    {"fault.unknown", "{place} is no field", "{place}: 없는 필드임"},
    {"fault.unknown_near", "{place} is no field: did you mean {nearest}?",
     "{place}: 없는 필드임 (비슷한 필드: {nearest})"},
    {"fault.value", "{place} is {value}: allowed is {allowed}", "{place}: 허용되지 않는 값 {value} (허용: {allowed})"},
});
static_assert(std::ranges::is_sorted(kPhrases, {}, &Phrase::key));

}  // namespace

std::span<const Phrase> phrases_of_schemas() { return kPhrases; }

}  // namespace capstan
