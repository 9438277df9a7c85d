#include "lmtpclient/content_encoder.h"

namespace lastmile::lmtp {

ContentEncoder::ContentEncoder(std::size_t line_length_limit, EightBit eight_bit)
    : stuffer_(line_length_limit) {
  if (eight_bit == EightBit::converted) {
    downgrader_.emplace();
  }
}

void ContentEncoder::append(std::string_view content, std::string& wire) {
  if (!downgrader_) {
    stuffer_.append(content, wire);
    return;
  }
  std::string converted;
  downgrader_->append(content, converted);
  stuffer_.append(converted, wire);
}

void ContentEncoder::finish(std::string& wire) {
  if (downgrader_) {
    std::string converted;
    downgrader_->finish(converted);
    stuffer_.append(converted, wire);
  }
  stuffer_.finish(wire);
  wire += ".\r\n";
}

}  // namespace lastmile::lmtp
