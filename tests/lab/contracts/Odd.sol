// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// A plain ERC-20 that calls itself what it is told to: other money, or a counterfeit of the lab's.
contract NamedToken {
    string public name;
    string public symbol;
    uint8 public immutable decimals;
    uint256 public totalSupply;
    mapping(address => uint256) public balanceOf;
    mapping(address => mapping(address => uint256)) public allowance;

    event Transfer(address indexed from, address indexed to, uint256 value);
    event Approval(address indexed owner, address indexed spender, uint256 value);

    constructor(string memory name_, string memory symbol_, uint8 decimals_) {
        name = name_;
        symbol = symbol_;
        decimals = decimals_;
    }

    function mint(address to, uint256 value) external {
        totalSupply += value;
        balanceOf[to] += value;
        emit Transfer(address(0), to, value);
    }

    function approve(address spender, uint256 value) external returns (bool) {
        allowance[msg.sender][spender] = value;
        emit Approval(msg.sender, spender, value);
        return true;
    }

    function transfer(address to, uint256 value) external virtual returns (bool) {
        _move(msg.sender, to, value);
        return true;
    }

    function transferFrom(address from, address to, uint256 value) external virtual returns (bool) {
        _spend(from, value);
        _move(from, to, value);
        return true;
    }

    function _spend(address from, uint256 value) internal {
        require(allowance[from][msg.sender] >= value, "allowance");
        allowance[from][msg.sender] -= value;
    }

    function _move(address from, address to, uint256 value) internal virtual {
        require(balanceOf[from] >= value, "balance");
        balanceOf[from] -= value;
        balanceOf[to] += value;
        emit Transfer(from, to, value);
    }
}

/// Keeps 2 % of every transfer for its collector: less arrives than was sent.
contract FeeToken is NamedToken {
    address private immutable collector;

    constructor(address to) NamedToken("Lab Toll", "TOLL", 18) {
        collector = to;
    }

    function _move(address from, address to, uint256 value) internal override {
        uint256 fee = value / 50;
        super._move(from, to, value - fee);
        if (fee > 0) super._move(from, collector, fee);
    }
}

/// Answers false where others revert; nothing has moved then, though the transaction goes well.
contract FalseToken is NamedToken {
    constructor() NamedToken("Lab False", "FALSE", 18) {}

    function transfer(address to, uint256 value) external override returns (bool) {
        if (balanceOf[msg.sender] < value) return false;
        _move(msg.sender, to, value);
        return true;
    }

    function transferFrom(address from, address to, uint256 value) external override returns (bool) {
        if (balanceOf[from] < value || allowance[from][msg.sender] < value) return false;
        _spend(from, value);
        _move(from, to, value);
        return true;
    }
}

/// Money with a blacklist and two front doors: `front` is an older contract with the same balances and its own events.
contract DoubleToken is NamedToken {
    address public front;
    mapping(address => bool) public banned;

    constructor() NamedToken("Lab Double", "DBL", 18) {
        front = address(new DoubleFront());
    }

    function ban(address who) external {
        banned[who] = true;
    }

    function transferFor(address from, address to, uint256 value) external {
        require(msg.sender == front, "front");
        _move(from, to, value);
    }

    function _move(address from, address to, uint256 value) internal override {
        require(!banned[from] && !banned[to], "banned");
        super._move(from, to, value);
    }
}

contract DoubleFront {
    string public constant name = "Lab Double (old)";
    string public constant symbol = "DBL";
    uint8 public constant decimals = 18;
    DoubleToken private immutable main = DoubleToken(msg.sender);

    event Transfer(address indexed from, address indexed to, uint256 value);

    function balanceOf(address who) external view returns (uint256) {
        return main.balanceOf(who);
    }

    function transfer(address to, uint256 value) external returns (bool) {
        main.transferFor(msg.sender, to, value);
        emit Transfer(msg.sender, to, value);
        return true;
    }
}

/// Staked coin after Lido: everyone owns shares, and what they are worth grows without a Transfer.
contract StakedCoin {
    string public constant name = "Lab Staked Ether";
    string public constant symbol = "stLAB";
    uint8 public constant decimals = 18;
    uint256 public totalShares;
    mapping(address => uint256) public sharesOf;

    event Transfer(address indexed from, address indexed to, uint256 value);

    function submit() external payable {
        uint256 held = address(this).balance - msg.value;
        _mint(msg.sender, totalShares == 0 ? msg.value : (msg.value * totalShares) / held);
        emit Transfer(address(0), msg.sender, msg.value);
    }

    /// A reward: the coin comes, and nobody's balance is written.
    function rebase() external payable {}

    function balanceOf(address who) public view returns (uint256) {
        return totalShares == 0 ? 0 : (sharesOf[who] * address(this).balance) / totalShares;
    }

    function transfer(address to, uint256 value) external returns (bool) {
        uint256 shares = _sharesFor(value);
        sharesOf[msg.sender] -= shares;
        sharesOf[to] += shares;
        emit Transfer(msg.sender, to, value);
        return true;
    }

    function withdraw(uint256 value) external {
        uint256 shares = _sharesFor(value);
        sharesOf[msg.sender] -= shares;
        totalShares -= shares;
        emit Transfer(msg.sender, address(0), value);
        (bool ok, ) = msg.sender.call{value: value}("");
        require(ok, "send");
    }

    function _sharesFor(uint256 value) private view returns (uint256) {
        return (value * totalShares) / address(this).balance;
    }

    function _mint(address to, uint256 shares) private {
        sharesOf[to] += shares;
        totalShares += shares;
    }
}
