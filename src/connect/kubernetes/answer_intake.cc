#include "connect/kubernetes/answer_intake.h"

#include <utility>

namespace capstan::kubernetes {

AnswerIntake::Arrived AnswerIntake::take() {
  std::lock_guard lock(mutex_);
  return std::exchange(waiting_, {});
}

void AnswerIntake::on_head(HttpResponse head) {
  {
    std::lock_guard lock(mutex_);
    waiting_.head = std::move(head);
  }
  arrived_();
}

bool AnswerIntake::on_chunk(std::string_view chunk) {
  {
    std::lock_guard lock(mutex_);
    if (waiting_.bytes.size() >= limit_bytes_) {
      waiting_.was_full = true;
      return false;  // Whoever takes what waits resumes the stream.
    }
    waiting_.bytes.append(chunk);
  }
  arrived_();
  return true;
}

void AnswerIntake::on_end(Status status) {
  {
    std::lock_guard lock(mutex_);
    waiting_.end = std::move(status);
  }
  arrived_();
}

}  // namespace capstan::kubernetes
