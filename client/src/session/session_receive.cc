// What the dispatcher says.
#include <fmt/format.h>

#include <cstdio>

#include "client/src/session/session.h"

namespace gt::client {

namespace {

/// Written at once, so that lines of several threads do not mix.
void write_to_user(std::string line) {
  line += '\n';
  static_cast<void>(std::fwrite(line.data(), 1, line.size(), stderr));
}

}  // namespace

void Session::on_message(protocol::Message message) {
  // Without the lock: whoever reads standard error may be slow.
  if (auto* notice = std::get_if<protocol::Notice>(&message))
    return write_to_user(std::move(notice->text));
  Lock lock(*this);
  if (auto* welcome = std::get_if<protocol::ClientWelcome>(&message)) {
    on_welcome(*welcome);
  } else if (auto* acknowledgement = std::get_if<protocol::Acknowledgement>(&message)) {
    on_acknowledgement(*acknowledgement);
  } else if (auto* reply = std::get_if<protocol::FetchReply>(&message)) {
    fetches_.on_reply(std::move(*reply));
  } else if (auto* failure = std::get_if<protocol::PayloadFailed>(&message)) {
    fetches_.on_failed(*failure);
  } else if (auto* report = std::get_if<protocol::ErrorReport>(&message)) {
    errors_.report(std::move(report->error));
  } else if (const auto* state = std::get_if<protocol::ClusterState>(&message)) {
    cluster_state_ = *state;
  } else if (auto* refusal = std::get_if<protocol::Refusal>(&message)) {
    throw CommonError(refusal->kind, refusal->message);
  } else if (!std::holds_alternative<protocol::Heartbeat>(message)) {
    throw CommonError(ErrorKind::kProtocol,
                      fmt::format("the dispatcher sent {}, which is not for clients",
                                  protocol::name_of(message)));
  }
  confirm_replies();
}

void Session::on_frame(payload::ReceivedFrame frame) {
  Lock lock(*this);
  fetches_.on_frame(std::move(frame));
  confirm_replies();
}

/// Tells the dispatcher that there is room for further replies.
void Session::confirm_replies() {
  if (fetches_.received() - confirmed_reply_bytes_ < protocol::kReplyWindowBytes / 16) return;
  confirmed_reply_bytes_ = fetches_.received();
  link_->send(transport::Lane::control, protocol::RepliesReceived{confirmed_reply_bytes_});
}

void Session::on_welcome(const protocol::ClientWelcome& welcome) {
  if (state_ == State::closed) return;
  if (state_ != State::connecting || welcome.credits == 0)
    throw CommonError(ErrorKind::kProtocol,
                      "the dispatcher's welcome came twice, or grants no credit");
  welcome_ = welcome;
  state_ = State::open;
  link_->set_heartbeat(std::chrono::milliseconds(welcome.heartbeat_ms));
}

void Session::on_acknowledgement(const protocol::Acknowledgement& acknowledgement) {
  if (acknowledgement.lane >= lanes_.size() ||
      acknowledgement.executed >= lanes_[acknowledgement.lane].sequence)
    throw CommonError(ErrorKind::kProtocol,
                      fmt::format("batch {} of lane {} was acknowledged and never sent",
                                  acknowledgement.executed, acknowledgement.lane));
  std::deque<Lane::Sent>& sent = lanes_[acknowledgement.lane].sent;
  while (!sent.empty() && sent.front().sequence <= acknowledgement.executed) {
    unacknowledged_upload_bytes_ -= sent.front().upload_bytes;
    --unacknowledged_batches_;
    sent.pop_front();
  }
}

void Session::on_loss(Loss loss) {
  Lock lock(*this);
  if (!loss_) loss_ = std::move(loss);
  is_ended_ = true;
  flusher_wake_.notify_all();
}

}  // namespace gt::client
