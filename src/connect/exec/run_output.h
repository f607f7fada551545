// What a program prints on its way to people: without the secrets it was given, as clean text, in bounded memory, with
// the progress that it tells.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clean_text.h"
#include "base/head_tail.h"
#include "base/stream_mask.h"
#include "base/subprocess.h"
#include "model/run_listener.h"

namespace re2 {
class RE2;
}

namespace capstan::exec {

// Owned by the thread that runs the program.
class RunOutput {
 public:
  using Printed = std::function<void(std::string_view)>;
  using Progressed = std::function<void(RunProgress)>;
  // The functions may be empty, `progress` nullptr.
  RunOutput(const std::vector<std::string>& secrets, std::shared_ptr<const re2::RE2> progress, Printed printed,
            Progressed progressed);

  void take(OutputStream stream, std::string_view bytes);
  // What was held back comes now.
  void finish();

  const HeadTail& out() const { return out_.kept; }
  const HeadTail& err() const { return err_.kept; }
  // The last line that says something, of what went wrong where there is such; cut to a line's length.
  std::string last_line() const;

 private:
  struct Stream {
    StreamMask mask;
    TextCleaner cleaner;
    HeadTail kept;
    std::string line;  // The newest, as far as it has come; for the progress.
  };
  void show(Stream& stream, std::string_view text);
  void look_for_progress(Stream& stream, std::string_view text);

  Stream out_;
  Stream err_;
  std::shared_ptr<const re2::RE2> progress_;
  Printed printed_;
  Progressed progressed_;
};

}  // namespace capstan::exec
